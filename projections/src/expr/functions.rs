//! The functions that an expression may call.

use std::ops::RangeInclusive;

use super::value::Kind;

/// A function; `has` is none, since it asks about a name and not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Floor,
    Ceil,
    Round,
    Min,
    Max,
    Abs,
    Sqrt,
    Log,
    StartsWith,
    EndsWith,
    Contains,
    Size,
    Lower,
    Upper,
    Trim,
    Number,
    Integer,
    String,
    Timestamp,
}

/// How a function is called.
pub(crate) struct Signature {
    pub(crate) function: Function,
    pub(crate) name: &'static str,
    /// How many arguments, the receiver of a method included.
    pub(crate) arguments: RangeInclusive<usize>,
    /// What each argument is; `Any` where both a text and a number will do.
    pub(crate) takes: Kind,
    pub(crate) gives: Kind,
}

const fn row(
    function: Function,
    name: &'static str,
    arguments: RangeInclusive<usize>,
    takes: Kind,
    gives: Kind,
) -> Signature {
    Signature { function, name, arguments, takes, gives }
}

use Kind::{Any, Bool, Number, Text, Time};

/// In the order of [`Function`].
const SIGNATURES: [Signature; 19] = [
    row(Function::Floor, "floor", 1..=1, Number, Number),
    row(Function::Ceil, "ceil", 1..=1, Number, Number),
    row(Function::Round, "round", 1..=2, Number, Number),
    row(Function::Min, "min", 1..=16, Number, Number),
    row(Function::Max, "max", 1..=16, Number, Number),
    row(Function::Abs, "abs", 1..=1, Number, Number),
    row(Function::Sqrt, "sqrt", 1..=1, Number, Number),
    row(Function::Log, "log", 1..=1, Number, Number),
    row(Function::StartsWith, "startsWith", 2..=2, Text, Bool),
    row(Function::EndsWith, "endsWith", 2..=2, Text, Bool),
    row(Function::Contains, "contains", 2..=2, Text, Bool),
    row(Function::Size, "size", 1..=1, Text, Number),
    row(Function::Lower, "lower", 1..=1, Text, Text),
    row(Function::Upper, "upper", 1..=1, Text, Text),
    row(Function::Trim, "trim", 1..=1, Text, Text),
    row(Function::Number, "number", 1..=1, Any, Number),
    row(Function::Integer, "integer", 1..=1, Any, Number),
    row(Function::String, "string", 1..=1, Any, Text),
    row(Function::Timestamp, "timestamp", 1..=1, Text, Time),
];

impl Function {
    /// How it is called.
    pub(crate) fn signature(self) -> &'static Signature {
        &SIGNATURES[self as usize]
    }

    /// The function with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        SIGNATURES.iter().find(|signature| signature.name == name).map(|signature| signature.function)
    }

    /// Every name, for an error.
    pub(crate) fn names() -> String {
        SIGNATURES.iter().map(|signature| signature.name).chain(["has"]).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_stand_in_the_order_of_the_functions() {
        for signature in &SIGNATURES {
            assert_eq!(signature.function.signature().name, signature.name);
        }
    }
}
