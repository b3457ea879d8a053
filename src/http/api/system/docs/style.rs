//! `GET /docs/style.css`: how the documentation looks.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

const STYLE: &str = "\
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --accent: #b8860b }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1, h2, h3 { line-height: 1.2 } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line) }
a { color: var(--accent) } code, pre { font: 14px/1.4 ui-monospace, monospace }
pre { background: var(--soft); padding: .75rem; border-radius: .5rem; overflow-x: auto }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid var(--line) }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .5rem 0; padding: .5rem .75rem }
summary { cursor: pointer } summary code { font-weight: 600 }
.method { display: inline-block; min-width: 4rem; font-weight: 700; color: var(--accent) }
.title { opacity: .75; margin-left: .75rem } nav ul { columns: 2; padding-left: 1.2rem }
";

/// The style of the documentation
#[utoipa::path(
    get,
    path = "/docs/style.css",
    responses((status = 200, description = "The style", content_type = "text/css", body = String))
)]
pub async fn handler() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], STYLE)
}
