//! The OpenAPI document, made of what the endpoints say of themselves.

use serde::Serialize;
use utoipa::openapi::path::PathsBuilder;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, OpenApi, OpenApiBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::api::{
    automations, complaints, customers, daily, dead_letters, event_types, events, pipelines, policies, projections,
    reports, rule_sets, streams, subscribers, tasks,
};
use super::problem::FieldError;

/// Why a request was not done (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `/problems/CODE`; the address of an explanation.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is, in a few words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// The stable word for it.
    pub code: String,
    /// The id of the request, also in the header `x-request-id`.
    pub request_id: String,
    /// What exactly is wrong, and where.
    pub errors: Option<Vec<FieldError>>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListOf<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page starts (`?cursor=`); null: this is the last.
    pub next: Option<String>,
}

/// The document as JSON text, and as what the browsable page is rendered from.
#[derive(Debug)]
pub struct Document {
    /// JSON.
    pub text: String,
    /// The same, parsed.
    pub value: serde_json::Value,
}

/// The document of these paths.
pub fn document(paths: PathsBuilder) -> Document {
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = schemas()
        .into_iter()
        .fold(ComponentsBuilder::new(), |components, (name, schema)| components.schema(name, schema));
    let mut info = Info::new("kulta", env!("CARGO_PKG_VERSION"));
    info.description = Some("A company's memory of its customers: events in, golden records out.".to_owned());
    let document: OpenApi = OpenApiBuilder::new()
        .info(info)
        .paths(paths.build())
        .components(Some(components.security_scheme("token", token).build()))
        .build();
    // Serialising plain data to JSON does not fail.
    let value = serde_json::to_value(&document).unwrap_or_default();
    Document { text: value.to_string(), value }
}

/// Every schema that an endpoint refers to by name; a test follows all references.
fn schemas() -> Vec<(String, RefOr<Schema>)> {
    vec![
        of::<ProblemBody>(),
        of::<FieldError>(),
        of::<events::Answer>(),
        of::<events::Verdict>(),
        of::<events::EventProblem>(),
        of::<events::Event>(),
        of::<events::list::EventPage>(),
        of::<streams::read::StreamPage>(),
        of::<dead_letters::Summary>(),
        of::<dead_letters::get::Opened>(),
        of::<dead_letters::settle::Settled>(),
        of::<event_types::list::Summary>(),
        list_of::<event_types::list::Summary>(),
        list_of::<dead_letters::Summary>(),
        of::<customers::records::View>(),
        list_of::<customers::records::View>(),
        of::<customers::history::View>(),
        list_of::<customers::history::View>(),
        of::<customers::relations::View>(),
        of::<customers::relations::Word>(),
        list_of::<customers::relations::View>(),
        of::<policies::survivorship::View>(),
        of::<policies::survivorship::Example>(),
        of::<projections::standing::Standing>(),
        list_of::<projections::standing::Standing>(),
    ]
    .into_iter()
    .chain(schemas_of_scores())
    .chain(schemas_of_lists())
    .chain(schemas_of_pipelines())
    .chain(schemas_of_work())
    .chain(schemas_of_subscribers())
    .collect()
}

fn schemas_of_scores() -> [(String, RefOr<Schema>); 20] {
    [
        of::<rule_sets::Fault>(),
        of::<rule_sets::Doubt>(),
        of::<rule_sets::VersionView>(),
        list_of::<rule_sets::VersionView>(),
        of::<rule_sets::DraftView>(),
        of::<rule_sets::list::Summary>(),
        list_of::<rule_sets::list::Summary>(),
        of::<rule_sets::get::View>(),
        of::<rule_sets::check::View>(),
        of::<customers::score::View>(),
        of::<customers::score::Version>(),
        of::<customers::score::Grade>(),
        of::<customers::score::NextGrade>(),
        of::<customers::score::OfRule>(),
        of::<customers::score::OfUnit>(),
        of::<customers::score::Service>(),
        of::<customers::score::Part>(),
        of::<customers::score::PartEvent>(),
        of::<customers::score_history::View>(),
        of::<customers::score_history::Point>(),
    ]
}

fn schemas_of_lists() -> [(String, RefOr<Schema>); 9] {
    [
        of::<customers::score::Standing>(),
        of::<rule_sets::lists::Head>(),
        of::<rule_sets::scores::View>(),
        of::<rule_sets::scores::Item>(),
        of::<rule_sets::scores::Refused>(),
        of::<rule_sets::balance::View>(),
        of::<rule_sets::balance::Item>(),
        of::<rule_sets::get::ListView>(),
        of::<rule_sets::get::GradeCount>(),
    ]
}

fn schemas_of_pipelines() -> [(String, RefOr<Schema>); 22] {
    [
        of::<pipelines::offer::ContactView>(),
        of::<pipelines::offer::CommentView>(),
        of::<pipelines::offer::DocumentView>(),
        of::<pipelines::CardView>(),
        of::<pipelines::LeadView>(),
        list_of::<pipelines::LeadView>(),
        of::<pipelines::lead::View>(),
        of::<pipelines::lead::OfferName>(),
        of::<pipelines::lead::HandoverView>(),
        of::<pipelines::funnel::View>(),
        of::<pipelines::funnel::StepView>(),
        of::<pipelines::OfferView>(),
        list_of::<pipelines::OfferView>(),
        of::<pipelines::list::View>(),
        list_of::<pipelines::list::View>(),
        of::<pipelines::list::StageView>(),
        of::<pipelines::board::View>(),
        of::<pipelines::board::SumView>(),
        of::<pipelines::board::ColumnView>(),
        of::<pipelines::offer::View>(),
        of::<pipelines::offer::TurnView>(),
        of::<pipelines::offer::OfferSum>(),
    ]
}

fn schemas_of_work() -> [(String, RefOr<Schema>); 37] {
    [
        of::<automations::View>(),
        of::<automations::list::All>(),
        of::<automations::dry_run::View>(),
        of::<automations::dry_run::Thing>(),
        of::<automations::outbox::View>(),
        list_of::<automations::outbox::View>(),
        list_of::<automations::View>(),
        of::<complaints::View>(),
        list_of::<complaints::View>(),
        of::<complaints::RoundView>(),
        of::<complaints::get::Detail>(),
        of::<complaints::notices::View>(),
        list_of::<complaints::notices::View>(),
        of::<tasks::View>(),
        of::<tasks::list::Item>(),
        list_of::<tasks::list::Item>(),
        of::<daily::activities::View>(),
        list_of::<daily::activities::View>(),
        of::<daily::activity_types::View>(),
        list_of::<daily::activity_types::View>(),
        of::<daily::notes::View>(),
        list_of::<daily::notes::View>(),
        of::<daily::lists::View>(),
        list_of::<daily::lists::View>(),
        of::<daily::lists::Member>(),
        list_of::<daily::lists::Member>(),
        of::<daily::contact::View>(),
        of::<daily::contact::Word>(),
        of::<reports::wins::View>(),
        of::<reports::wins::Row>(),
        of::<reports::wins::TallyView>(),
        of::<reports::goals::View>(),
        list_of::<reports::goals::View>(),
        of::<reports::saved::View>(),
        list_of::<reports::saved::View>(),
        of::<reports::run::View>(),
        of::<reports::run::ColumnView>(),
    ]
}

fn schemas_of_subscribers() -> [(String, RefOr<Schema>); 7] {
    [
        of::<subscribers::View>(),
        list_of::<subscribers::View>(),
        of::<subscribers::Sum>(),
        of::<subscribers::Item>(),
        list_of::<subscribers::Item>(),
        of::<subscribers::customer::View>(),
        of::<subscribers::customer::Holder>(),
    ]
}

fn of<T: ToSchema>() -> (String, RefOr<Schema>) {
    (T::name().into_owned(), <T as PartialSchema>::schema())
}

fn list_of<T: ToSchema>() -> (String, RefOr<Schema>) {
    (format!("ListOf_{}", T::name()), ListOf::<T>::schema())
}
