//! What a node does beside answering requests.

/// Something that nodes do beside answering requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Answer requests and take events over HTTP: every node does.
    Serve,
    /// Keep identities, golden records and lists of scores up, and fire automations, while no other node does.
    Project,
    /// Read events from Kafka.
    Consume,
    /// Publish to topics of Kafka, each while no other node does.
    Publish,
    /// Send to webhooks, while no other node does.
    Deliver,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Serve, Self::Project, Self::Consume, Self::Publish, Self::Deliver];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Project => "project",
            Self::Consume => "consume",
            Self::Publish => "publish",
            Self::Deliver => "deliver",
        }
    }
}

/// What one node does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles(Vec<Role>);

impl Default for Roles {
    fn default() -> Self {
        Self(Role::ALL.into())
    }
}

impl Roles {
    /// Whether this is among it.
    pub fn have(&self, role: Role) -> bool {
        self.0.contains(&role)
    }
}

pub(super) fn roles(text: &str) -> Result<Roles, String> {
    let names = || Role::ALL.map(Role::name).join(", ");
    let mut found = vec![Role::Serve];
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let role = Role::ALL.into_iter().find(|role| role.name() == name);
        found.push(role.ok_or_else(|| format!("expected some of {}", names()))?);
    }
    if found.len() == 1 {
        return Err(format!("expected at least one of {}", names()));
    }
    Ok(Roles(Role::ALL.into_iter().filter(|role| found.contains(role)).collect()))
}

pub(super) fn show_roles(roles: Roles) -> String {
    roles.0.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_serves_and_does_what_it_is_told_besides() {
        assert_eq!(show_roles(roles("consume").unwrap()), "serve, consume");
        assert_eq!(show_roles(roles(" project,serve ,project").unwrap()), "serve, project");
        assert_eq!(roles("deliver, serve, publish, project, consume").unwrap(), Roles::default());
        assert!(!roles("serve").unwrap().have(Role::Project));
        for wrong in ["", " , ", "projekt", "project consume"] {
            assert!(roles(wrong).is_err(), "{wrong}");
        }
    }
}
