//! Classes of given names that one person may bear: Matti is Masa, Robert is Bob.

/// The classes of a given name (folded with [`fold_plain`](super::text::fold_plain)); empty when it is unknown.
pub fn classes(_given: &str) -> &'static [u16] {
    &[]
}

/// Whether two different given names may be one person's.
pub fn same_class(a: &str, b: &str) -> bool {
    classes(a).iter().any(|class| classes(b).contains(class))
}
