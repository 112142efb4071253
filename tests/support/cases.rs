//! Random cases, the same ones in every run.
//!
//! `UNTRAINED_TEST_SEED` draws others; `UNTRAINED_TEST_ROUNDS` multiplies their number.

use std::cell::{Cell, RefCell};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

/// Names the seed of all random cases.
const SEED_VARIABLE: &str = "UNTRAINED_TEST_SEED";

/// Names the factor on the number of cases.
const ROUNDS_VARIABLE: &str = "UNTRAINED_TEST_ROUNDS";

/// Milliseconds that may be spent on a smaller case that fails as well.
const SHRINK_MS: u32 = 20_000;

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap())
}

/// Runs `test` until `count` cases were tested. A case that cannot be tested says `Ok(false)` and is
/// replaced by another one.
pub fn run<S: Strategy>(
    count: u32,
    strategy: &S,
    test: impl FnMut(S::Value) -> Result<bool, String>,
) {
    let cases = count * number(ROUNDS_VARIABLE, 1);
    let config = Config {
        cases,
        max_global_rejects: 20 * cases,
        failure_persistence: None,
        max_shrink_time: SHRINK_MS,
        rng_seed: RngSeed::Fixed(number(SEED_VARIABLE, 0).into()),
        ..Config::default()
    };
    let (test, tested) = (RefCell::new(test), Cell::new(0));
    let result = TestRunner::new(config).run(strategy, |case| match (test.borrow_mut())(case) {
        Ok(true) => {
            tested.set(tested.get() + 1);
            Ok(())
        }
        Ok(false) => Err(TestCaseError::reject("cannot be tested")),
        Err(reason) => Err(TestCaseError::fail(reason)),
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(cases > 0 && tested.get() >= cases, "only {} of {cases} cases ran", tested.get());
}
