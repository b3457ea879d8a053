use super::*;

fn from_file(text: &str) -> Result<Settings, String> {
    load(text, &[], &[])
}

fn load(text: &str, environment: &[(&str, &str)], flags: &[(&'static str, String)]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kulta.toml");
    std::fs::write(&path, text).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let prefix = format!("{}/", folder.path().display());
    Settings::load(Some(&path), environment, flags).map_err(|error| error.to_string().replace(&prefix, ""))
}

#[test]
fn later_places_win_over_earlier_ones() {
    let file = "listen = \"127.0.0.1:1\"\n[limits]\nbatch_events = 7\nbody_bytes = \"1 MiB\"\n";
    let environment = [("KULTA_LISTEN", "127.0.0.1:2"), ("KULTA_LIMITS_BATCH_EVENTS", "8"), ("PATH", "/bin")];
    let flags = [("listen", "127.0.0.1:3".to_owned())];
    let settings = load(file, &environment, &flags).unwrap();
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.limits.batch_events, 8);
    assert_eq!(settings.limits.body_bytes, 1 << 20);
    assert_eq!(settings.limits.connections, Settings::default().limits.connections);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, error) in [
        ("\nlisten_on = 1", "kulta.toml:2: unknown key \"listen_on\""),
        ("[limits]\nbody = 1", "kulta.toml:2: unknown key \"limits.body\""),
        ("[limitz]\nbody = 1", "kulta.toml:1: unknown key \"limitz\""),
        ("[[token]]\nname = \"a\"\nsecrets = \"x\"", "kulta.toml:3: unknown key \"secrets\" of a token"),
        ("[[token]]\nsecret = \"x\"", "kulta.toml:1: a token needs a name of at most 64 characters"),
        ("[[token]]\nname = \"a\"", "kulta.toml:1: a token needs one of secret, secret_file and secret_sha256"),
        (
            "[[token]]\nname = \"a\"\nsecret = \"x\"\nmay = [\"fly\"]",
            "kulta.toml:4: a token may publish, read, edit, govern, admin; \"fly\" is none of these",
        ),
        ("listen = 7373", "kulta.toml:1: listen: expected an address such as 127.0.0.1:7373"),
        ("[timeouts]\nbody = true", "kulta.toml:2: timeouts.body: expected a text, a number or a list of texts"),
        (
            "[timeouts]\nbody = [\"1s\", \"2s\"]",
            "kulta.toml:2: timeouts.body: expected a time such as 250ms, 10s or 2m",
        ),
        (
            "[business]\nmonday = \"16:00-08:00\"",
            "kulta.toml:2: business.monday: expected openings such as 08:00-12:00, 13:00-16:30",
        ),
        (
            "[[token]]\nname = \"a\"\nsecret = \"x\"\n[[token]]\nname = \"b\"\nsecret = \"x\"",
            "the tokens a and b have the same secret",
        ),
    ] {
        assert_eq!(from_file(text).unwrap_err(), error);
    }
    assert!(from_file("\n\nlisten = ").unwrap_err().starts_with("kulta.toml:3: "));
    let refused = load("", &[("KULTA_LIMITS_CONNECTIONS", "many")], &[]).unwrap_err();
    assert_eq!(refused, "environment variable KULTA_LIMITS_CONNECTIONS: expected a whole number from 1");
    let refused = load("", &[], &[("database_url", String::new())]).unwrap_err();
    assert_eq!(refused, "--database-url: expected a text");
}

#[test]
fn other_machines_need_tokens() {
    for address in ["0.0.0.0:7373", "[::]:7373", "192.168.1.5:80"] {
        let line = format!("listen = \"{address}\"\n");
        assert!(from_file(&line).unwrap_err().contains("without access tokens"), "{address}");
        from_file(&format!("{line}[[token]]\nname = \"a\"\nsecret = \"x\"")).unwrap();
    }
    for address in ["127.0.0.1:0", "127.8.0.1:1", "[::1]:7373", "[::ffff:127.0.0.1]:7373"] {
        from_file(&format!("listen = \"{address}\"")).unwrap();
    }
}

#[test]
fn tokens_come_as_text_as_file_and_as_hash() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    std::fs::write(&path, "from-file\n").unwrap();
    let text = format!(
        "[[token]]\nname = \"a\"\nsecret = \"plain\"\nsources = [\"erp\"]\nmay = [\"publish\"]\n\
         [[token]]\nname = \"b\"\nsecret_file = {:?}\n\
         [[token]]\nname = \"c\"\nsecret_sha256 = \"{}\"\n",
        path.display().to_string(),
        // printf hashed | sha256sum
        "1a06df824ed741b53c785079a6347f00eec5af82f9850775409ca69dff4068a6",
    );
    let settings = from_file(&text).unwrap();
    let name = |secret: &[u8]| token::find(&settings.tokens, secret).map(|token| token.name.to_string());
    assert_eq!(name(b"plain").as_deref(), Some("a"));
    assert_eq!(name(b"from-file").as_deref(), Some("b"));
    assert_eq!(name(b"hashed").as_deref(), Some("c"));
    let first = &settings.tokens[0];
    assert!(first.may.has(Permission::Publish) && !first.may.has(Permission::Read));
    assert_eq!(first.sources.as_deref(), Some(&["erp".to_owned()][..]));
}

#[test]
fn secrets_are_not_printed() {
    let environment = [
        ("KULTA_MASTER_KEY", "feedface"),
        ("KULTA_DATABASE_URL", "postgres://kulta:hunter2@db/kulta"),
        ("KULTA_KAFKA_SECURITY_PROTOCOL", "sasl_ssl"),
        ("KULTA_KAFKA_SASL_USERNAME", "kulta"),
        ("KULTA_KAFKA_SASL_PASSWORD", "swordfish"),
    ];
    let settings = load("[[token]]\nname = \"a\"\nsecret = \"topsecret\"", &environment, &[]).unwrap();
    let shown = format!("{settings:?}");
    for secret in ["feedface", "hunter2", "topsecret", "swordfish"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("postgres://kulta:…@db/kulta"), "{shown}");
}

#[test]
fn every_key_is_documented() {
    let page = include_str!("../../docs/configuration.md");
    let defaults = Settings::default();
    for key in KEYS {
        let shown = (key.show)(&defaults);
        let default = if shown.is_empty() { "none".to_owned() } else { format!("`{shown}`") };
        let row = format!("| `{}` | `{}` | {default} | {} |\n", key.name, key.variable(), key.meaning);
        assert!(page.contains(&row), "docs/configuration.md lacks this row:\n{row}");
    }
    let rows = page.lines().filter(|line| line.contains("| `KULTA_")).count();
    assert_eq!(rows, KEYS.len(), "docs/configuration.md has a row for a key that does not exist");
}

#[test]
fn the_example_file_is_the_default() {
    let text = include_str!("../../docs/examples/kulta.toml");
    let shown = |settings: &Settings| KEYS.iter().map(|key| (key.name, (key.show)(settings))).collect::<Vec<_>>();
    assert_eq!(shown(&from_file(text).unwrap()), shown(&Settings::default()));
    // Taken out of its comments, every line is understood.
    let lines = text.lines().map(|line| line.strip_prefix("#: ").unwrap_or(line));
    let all = lines.collect::<Vec<_>>().join("\n");
    let mut settings = Settings::default();
    file::read(&mut settings, &all).unwrap();
    assert_eq!(settings.tokens.len(), 2);
    for key in KEYS {
        let name = key.name.split('.').next_back().unwrap();
        assert!(all.lines().any(|line| line.starts_with(&format!("{name} = "))), "the example lacks {}", key.name);
    }
}
