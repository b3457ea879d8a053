//! How far each projection of a node is, and what is done with it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::archive;
use crate::projector;
use crate::services::Services;
use crate::store;
use crate::store::scores::SetState;

/// How far a projection is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Projection)]
pub struct Standing {
    /// `identities`, `golden`, `timeline`: what is read together is one generation. `scores`: the list of a published rule
    /// set that is furthest behind; only when there is one. `work` (offers, leads, complaints, tasks, activities, notes,
    /// lists), `propagation` (who holds old data): each node's own, in memory. `automations`: what kulta does by itself.
    /// `archive`: the node's own, where it keeps one.
    pub name: &'static str,
    /// The generation that is live.
    pub generation: i64,
    /// Up to which position it is folded; null of automations where another node looks after them.
    pub position: Option<u64>,
    /// How many events it is behind the log; null without a position.
    pub lag: Option<u64>,
    /// `live`, `standing_by` (another node does it), `failing` (the last turn failed and is tried again) or `stopped`; of an
    /// archive also `making` and `repairing`.
    #[schema(value_type = String)]
    pub state: Doing,
    /// Of an archive: how large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What is done with a projection.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Doing {
    /// With one that follows the log.
    Following(projector::live::State),
    /// With the node's archive.
    Archive(archive::Doing),
}

impl Doing {
    /// Whether the last turn failed.
    pub fn is_failing(&self) -> bool {
        matches!(self, Self::Following(projector::live::State::Failing) | Self::Archive(archive::Doing::Failing))
    }
}

/// All projections of a node.
///
/// # Errors
/// When the store fails.
pub async fn all(services: &Services) -> Result<Vec<Standing>, store::Error> {
    let sets = services.projector.projections().live().score_sets().await?;
    let live = sets.iter().filter(|set| set.state == SetState::Live);
    Ok(known(services, live.map(|set| set.position).min()))
}

/// All projections of a node, with how far its lists of scores are, if there are any.
pub fn known(services: &Services, scores: Option<u64>) -> Vec<Standing> {
    let head = *services.log.head().borrow();
    let projections = services.projector.projections();
    let (position, generation) = (projections.position(), projections.live().number());
    let standing = |name, position: Option<u64>, state| Standing {
        name,
        generation,
        position,
        lag: position.map(|position| head.saturating_sub(position)),
        state,
        bytes: None,
    };
    let follows = |name, position, state| standing(name, position, Doing::Following(state));
    let together = services.projector.state();
    let mut items: Vec<Standing> =
        ["identities", "golden", "timeline"].map(|name| follows(name, Some(position), together)).into();
    items.extend(scores.map(|position| follows("scores", Some(position), services.scorer.doing())));
    let (work, propagation, automator) = (&services.work, &services.propagation, &services.automator);
    items.push(follows("work", Some(work.position()), work.doing()));
    items.push(follows("propagation", Some(propagation.position()), propagation.doing()));
    items.push(follows("automations", automator.position(), automator.doing()));
    if let Some(archive) = &services.archive {
        let kept = archive.kept();
        let of_archive = standing("archive", Some(kept.position), Doing::Archive(kept.doing));
        items.push(Standing { bytes: Some(kept.bytes), ..of_archive });
    }
    items
}
