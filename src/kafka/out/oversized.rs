//! Messages that are larger than the brokers take.
//!
//! Brokers look at the size of what is packed together, so a refused batch says little. It is sent again message by message;
//! what is refused then is named, and goes out as a stub under its key and with its headers: followers see that there
//! is something, and ask for it over HTTP. So the topic goes on, in its order.

use std::collections::{BTreeSet, HashSet};

use super::Message;

/// The header of a stub.
const LEFT_OUT: &str = "ce_leftout";
/// Why, in the header and in the value.
const TOO_LARGE: &str = "too-large";

/// What is known of the batch that comes next.
#[derive(Debug, Default)]
pub(super) struct Oversized {
    /// Whether each message is sent alone.
    alone: bool,
    /// The ids of those that are too large by themselves.
    ids: HashSet<String>,
}

impl Oversized {
    /// Whether each message is to be sent alone.
    pub fn alone(&self) -> bool {
        self.alone
    }

    /// The messages, with stubs for those that are too large; how many these are.
    pub fn fit(&self, messages: Vec<Message>) -> (Vec<Message>, u64) {
        let mut left_out = 0;
        let fit = |message: Message| match message.header("ce_id") {
            Some(id) if self.ids.contains(id) && message.header(LEFT_OUT).is_none() => {
                left_out += 1;
                let value = serde_json::json!({"left_out": TOO_LARGE}).to_string();
                message.attribute(LEFT_OUT, TOO_LARGE).data(value)
            }
            _ => message,
        };
        (messages.into_iter().map(fit).collect(), left_out)
    }

    /// Takes in which messages were refused. Whether something is learned by it: if not, even a stub is too large.
    pub fn refused(&mut self, topic: &str, messages: &[Message], refused: &BTreeSet<usize>) -> bool {
        if !std::mem::replace(&mut self.alone, true) {
            return true;
        }
        let mut learned = false;
        for message in refused.iter().filter_map(|index| messages.get(*index)) {
            let header = |name| message.header(name).unwrap_or_default();
            let (position, bytes) = (header("ce_position"), message.value.as_ref().map_or(0, String::len));
            if self.ids.insert(header("ce_id").to_owned()) {
                tracing::warn!(
                    topic,
                    position,
                    bytes,
                    "a message is larger than the brokers take and goes out without its value: raise max.message.bytes"
                );
                learned = true;
            }
        }
        learned
    }

    /// The batch is out. Whether messages need not be sent alone any more: where none was too large by itself the topic takes
    /// only small packs, and the next ones would be refused as well.
    pub fn passed(&mut self) -> bool {
        let is_over = self.alone && !self.ids.is_empty();
        if is_over {
            *self = Self::default();
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str) -> Message {
        Message::new("k".to_owned(), id.to_owned(), "erp".to_owned(), "t".to_owned()).data("{}".to_owned())
    }

    #[test]
    fn only_what_is_refused_alone_is_left_out() {
        let (mut oversized, batch) = (Oversized::default(), vec![message("a"), message("b")]);
        let all = BTreeSet::from([0, 1]);
        assert!(oversized.refused("t", &batch, &all), "they were packed together");
        assert_eq!(oversized.fit(batch.clone()), (batch.clone(), 0));
        assert!(oversized.refused("t", &batch, &BTreeSet::from([1])));
        let (fitting, left_out) = oversized.fit(batch.clone());
        assert_eq!((&fitting[0], left_out), (&batch[0], 1));
        assert_eq!(fitting[1].header("ce_leftout"), Some("too-large"));
        assert_eq!(fitting[1].value.as_deref(), Some(r#"{"left_out":"too-large"}"#));
        assert!(!oversized.refused("t", &fitting, &BTreeSet::from([1])), "the stub is too large as well");
        assert!(oversized.passed() && !oversized.alone());
    }

    #[test]
    fn a_topic_that_takes_only_small_packs_is_sent_messages_alone() {
        let mut oversized = Oversized::default();
        assert!(!oversized.passed());
        assert!(oversized.refused("t", &[message("a")], &BTreeSet::from([0])));
        assert!(!oversized.passed() && oversized.alone());
    }
}
