//! A server that takes what is sent to Sentry.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};

use super::{BackendError, Server, program::could_not_run};

const PROGRAM: &str = "bugsink-manage";
const START: Duration = Duration::from_secs(60);
/// What its settings are called.
const SETTINGS: &str = "bugsink_conf";
/// Python that prints what Sentry's own normaliser finds wrong with events.
const NORMALISE: &str = "import json, sentry_relay
def normalised(event):
    return sentry_relay.StoreNormalizer(project_id=1).normalize_event(event)
events = [normalised(event) for event in json.load(open('events.json'))]
print(json.dumps([error for event in events for error in event.get('errors', [])]))";

/// A [Bugsink](https://www.bugsink.com), which groups and keeps events as Sentry does, with one project; it checks them against
/// Sentry's schema.
#[derive(Debug)]
pub struct Bugsink {
    address: SocketAddr,
    token: String,
    project: String,
    dsn: String,
    server: Server,
}

impl Bugsink {
    /// Starts one, with a database of its own.
    ///
    /// # Errors
    ///
    /// When it is not here or does not start.
    pub fn start() -> Result<Self, BackendError> {
        let mut token = String::new();
        let (server, address) = Server::listen(
            PROGRAM,
            START,
            "/health/ready",
            |command, directory, address| {
                fs::write(
                    directory.join(format!("{SETTINGS}.py")),
                    settings(directory, address),
                )?;
                manage(directory, &["migrate", "-v0"])?;
                token = manage(directory, &["create_auth_token"])?.trim().to_owned();
                configure(command, directory);
                command.args([
                    "runserver",
                    "--noreload",
                    "--insecure",
                    &address.to_string(),
                ]);
                Ok(())
            },
        )?;
        let mut bugsink = Self {
            address,
            token,
            project: String::new(),
            dsn: String::new(),
            server,
        };
        let team = bugsink.post("teams/", &json!({"name": "team"}))?;
        let project = json!({"team": team["id"], "name": "shop"});
        let project = bugsink.post("projects/", &project)?;
        bugsink.project = project["id"].as_str().unwrap_or_default().to_owned();
        let project = bugsink.get(&format!("projects/{}/", bugsink.project))?;
        bugsink.dsn = project["dsn"].as_str().unwrap_or_default().to_owned();
        Ok(bugsink)
    }

    /// Where to send to.
    #[must_use]
    pub fn dsn(&self) -> &str {
        &self.dsn
    }

    /// All that it has printed: of events that are not as the schema has them, that too.
    #[must_use]
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// The groups of events, as its API tells them.
    ///
    /// # Errors
    ///
    /// When it does not answer, or otherwise than in JSON.
    pub fn issues(&self) -> Result<Vec<Value>, BackendError> {
        self.list(&format!("issues/?project={}", self.project))
    }

    /// The events of a group, as they came.
    ///
    /// # Errors
    ///
    /// As for [`issues`](Self::issues).
    pub fn events(&self, issue: &Value) -> Result<Vec<Value>, BackendError> {
        let id = issue["id"].as_str().unwrap_or_default();
        let events = self.list(&format!("events/?issue={id}"))?;
        let detail = |event: &Value| {
            let id = event["id"].as_str().unwrap_or_default();
            let mut event = self.get(&format!("events/{id}/"))?;
            Ok(event["data"].take())
        };
        events.iter().map(detail).collect()
    }

    /// What [Sentry's own normaliser](https://github.com/getsentry/relay) finds wrong with `events`.
    ///
    /// # Errors
    ///
    /// When it does not run, or prints something else.
    pub fn normaliser_findings(&self, events: &[Value]) -> Result<Vec<Value>, BackendError> {
        let directory = self.server.directory();
        let file = directory.join("events.json");
        let failed = |source| could_not_run(PROGRAM, source);
        fs::write(&file, json!(events).to_string()).map_err(failed)?;
        let printed = manage(directory, &["shell", "--no-imports", "-c", NORMALISE]);
        let printed = printed.map_err(failed)?;
        parsed(NORMALISE, &printed)
    }

    fn list(&self, path: &str) -> Result<Vec<Value>, BackendError> {
        let mut answer = self.get(path)?;
        match answer["results"].take() {
            Value::Array(results) => Ok(results),
            _ => Err(BackendError::Answer {
                question: path.to_owned(),
                answer: answer.to_string(),
            }),
        }
    }

    fn get(&self, path: &str) -> Result<Value, BackendError> {
        let url = self.url(path);
        let answer = ureq::get(&url)
            .header("authorization", self.bearer())
            .call();
        read(&url, answer)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, BackendError> {
        let url = self.url(path);
        let answer = ureq::post(&url)
            .header("authorization", self.bearer())
            .content_type("application/json")
            .send(body.to_string());
        read(&url, answer)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/canonical/0/{path}", self.address)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

fn read(
    url: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, BackendError> {
    let text = answer.and_then(|mut answer| answer.body_mut().read_to_string());
    let text = text.map_err(|source| BackendError::Request {
        url: url.to_owned(),
        source: Box::new(source),
    })?;
    parsed(url, &text)
}

fn parsed<T: serde::de::DeserializeOwned>(question: &str, text: &str) -> Result<T, BackendError> {
    serde_json::from_str(text).map_err(|_| BackendError::Answer {
        question: question.to_owned(),
        answer: text.to_owned(),
    })
}

fn settings(directory: &Path, address: SocketAddr) -> String {
    let path = |name: &str| -> PathBuf { directory.join(name) };
    let (events, tasks, files) = (path("db"), path("tasks"), path("ingestion"));
    format!(
        r#"from bugsink.settings.default import *
SECRET_KEY = "{secret}"
DATABASES["default"]["NAME"] = {events:?}
DATABASES["snappea"]["NAME"] = {tasks:?}
SNAPPEA = {{"TASK_ALWAYS_EAGER": True}}
EMAIL_BACKEND = "bugsink.email_backends.QuietConsoleEmailBackend"
ALLOWED_HOSTS = ["127.0.0.1"]
BUGSINK = {{
    "BASE_URL": "http://{address}", "SINGLE_USER": True, "SINGLE_TEAM": True, "PHONEHOME": False,
    "VALIDATE_ON_DIGEST": "strict", "INGEST_STORE_BASE_DIR": {files:?},
}}
"#,
        secret = "x".repeat(60),
    )
}

fn configure(command: &mut Command, directory: &Path) {
    // It brings Python modules of its own.
    command
        .env("PYTHONPATH", directory)
        .env("DJANGO_SETTINGS_MODULE", SETTINGS)
        .current_dir(directory);
}

/// Runs one of its commands, and gives what that prints.
fn manage(directory: &Path, arguments: &[&str]) -> io::Result<String> {
    let mut command = Command::new(PROGRAM);
    configure(&mut command, directory);
    let output = command.args(arguments).output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        let findings = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(io::Error::other(findings))
    }
}
