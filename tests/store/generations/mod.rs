//! The contract of generations, on both stores.
#![cfg(test)]

mod contents;
mod given;
mod lifecycle;
mod notes;
mod places;
mod refolds;
mod relations;
mod rows;
mod scores;
mod sharing;
mod steps;
mod views;

/// Stamps each test on both stores.
macro_rules! on_both_stores {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::super::given::Store::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::super::given::Store::postgres().await).await;
            })+
        }
    };
}
use on_both_stores;
