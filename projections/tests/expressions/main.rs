//! The expression language from outside: syntax, names and types, values.

#[cfg(test)]
mod arithmetic;
#[cfg(test)]
mod language;
#[cfg(test)]
mod precedence;
#[cfg(test)]
mod rational;
