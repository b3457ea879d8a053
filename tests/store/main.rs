//! The contract of the stores, on each back end. One binary, so that they are linked once.
mod generations;

use kulta_test_support::pg;

#[tokio::test]
async fn postgresql_gives_a_fresh_database() {
    let database = pg::database().await;
    let mut connection = database.connect().await;
    let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&mut connection).await.unwrap();
    assert_eq!(name, database.name());
}
