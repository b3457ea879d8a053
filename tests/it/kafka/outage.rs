//! A store that goes away while Kafka is read.

use kulta_test_support::cluster::Cluster;
use kulta_test_support::process::Program;
use tokio::runtime::Runtime;

use super::{Topic, counted, ids, metric, purchase, wait};
use crate::kit::MASTER_KEY;
use crate::load::audit::read_log;

const PARTITIONS: usize = 2;
const ROUNDS: usize = 3;
const OF_A_ROUND: usize = 1_500;

#[test]
fn nothing_is_lost_while_postgresql_is_away() {
    let runtime = Runtime::new().unwrap();
    let mut cluster = runtime.block_on(Cluster::new());
    let mut topic = Topic::new(PARTITIONS);
    let program = Program::new(env!("CARGO_BIN_EXE_kulta")).args(["serve", "--listen", "127.0.0.1:0"]);
    let program = program.env("KULTA_DATABASE_URL", cluster.url()).env("KULTA_MASTER_KEY", MASTER_KEY);
    let server = topic.told_to(program).serve();
    let mut client = server.client();
    for round in 0..ROUNDS {
        let head = metric(&mut client, "kulta_log_head").unwrap();
        for number in 0..OF_A_ROUND {
            topic.send(number % PARTITIONS, &purchase(round * OF_A_ROUND + number));
            // The first part of a round is being stored when the database dies, the rest comes meanwhile.
            if number == OF_A_ROUND / 3 {
                topic.flush();
                wait(&server, || match metric(&mut client, "kulta_log_head") {
                    Some(now) if now > head => Ok(()),
                    other => Err(format!("{other:?}")),
                });
                runtime.block_on(cluster.kill_9());
            }
        }
        topic.flush();
        runtime.block_on(cluster.start());
    }
    let sent = (ROUNDS * OF_A_ROUND) as f64;
    wait(&server, || match metric(&mut client, &counted("accepted")) {
        Some(accepted) if accepted >= sent => Ok(()),
        other => Err(format!("{other:?} of {sent}")),
    });
    assert_eq!(metric(&mut client, &counted("duplicate")), None);
    let log = read_log(&mut client);
    assert_eq!(ids(&log, "erp"), (0..ROUNDS * OF_A_ROUND).map(|number| format!("e-{number}")).collect());
}
