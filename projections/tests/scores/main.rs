//! Scores from outside: the interpreter against a second one that shares nothing with it but the expressions.

#[cfg(test)]
mod columns;
#[cfg(test)]
mod given;
#[cfg(test)]
mod laws;
#[cfg(test)]
#[expect(dead_code, reason = "fractions are for the tests of expressions, which share the file")]
#[path = "../expressions/rational.rs"]
mod rational;
#[cfg(test)]
mod slow;
