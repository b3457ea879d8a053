//! How a registered type may change: members may be added, and what a member takes may widen. Nothing that was
//! accepted before is refused afterwards, so that an event that is delivered again is still a duplicate.

use super::{Member, Shape};
use crate::envelope::Problem;
use crate::field::Kind;

/// Whether these are the same members, in any order.
pub(super) fn same(one: &[Member], other: &[Member]) -> bool {
    one.len() == other.len() && one.iter().all(|member| other.contains(member))
}

/// Notes every change from `before` to `after` that may not be.
pub(super) fn check(before: &[Member], after: &[Member], at: &str, problems: &mut Vec<Problem>) {
    let mut refuse = |at: String, detail: &str| problems.push(Problem::new("changed", at, detail));
    for old in before {
        let at = format!("{at}/properties/{}", old.name);
        let Some(new) = after.iter().find(|new| new.name == old.name) else {
            refuse(at, "a property cannot be taken away: rules may read it, and events have it");
            continue;
        };
        if old.is_fact != new.is_fact {
            let was = if old.is_fact { "a fact (x-facet)" } else { "personal" };
            refuse(at, &format!("it is {was}, and stays so: what is stored cannot change sides"));
        } else if old.is_money != new.is_money {
            let was = if old.is_money { "money" } else { "no money" };
            refuse(at, &format!("it is {was}, and stays so: rules that read it would say something else"));
        } else if !widens(&old.shape, &new.shape) {
            refuse(at, "its type cannot change, nor take less than before: use another name");
        } else if new.is_required && !old.is_required {
            refuse(at, "it cannot become required: events without it were accepted");
        }
    }
    let is_new = |member: &&Member| !before.iter().any(|old| old.name == member.name);
    for new in after.iter().filter(is_new).filter(|member| member.is_required) {
        let at = format!("{at}/properties/{}", new.name);
        refuse(at, "a property that is added cannot be required: events without it were accepted");
    }
}

/// Whether everything that the old shape takes is taken, in the same form, by the new one.
fn widens(old: &Shape, new: &Shape) -> bool {
    match (old, new) {
        (Shape::Plain(Kind::Text(least)), Shape::Plain(Kind::Text(most))) => least <= most,
        (Shape::OneOf(some), Shape::OneOf(more)) => some.iter().all(|word| more.contains(word)),
        (Shape::List(old), Shape::List(new)) => widens(old, new),
        (Shape::Object(old), Shape::Object(new)) => {
            let mut problems = Vec::new();
            check(old, new, "", &mut problems);
            problems.is_empty()
        }
        _ => old == new,
    }
}
