//! The same backend by gRPC: tonic's server, made of OpenTelemetry's own definitions.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, thread, time::Instant};

use opentelemetry_proto::tonic::collector::{
    logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
        logs_service_server::{LogsService, LogsServiceServer},
    },
    metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
};
use prost::Message;
use steeple_stub::{Script, Stub};
use tokio::{net::TcpListener, runtime::Builder};
use tonic::{
    Code, Request, Response, Status,
    codec::CompressionEncoding::Gzip,
    transport::{Server, server::TcpIncoming},
};

use crate::sink::{Answer, Sink};

#[derive(Clone)]
struct Backend(Arc<Script>);

impl Backend {
    /// Notes the request; of its items, so many are rejected.
    fn take<M: Message>(&self, path: &str, request: Request<M>) -> Result<i64, Status> {
        let text = |value: &tonic::metadata::AsciiMetadataValue| {
            value.to_str().unwrap_or_default().to_owned()
        };
        let headers: BTreeMap<_, _> = request
            .metadata()
            .iter()
            .filter_map(|pair| match pair {
                tonic::metadata::KeyAndValueRef::Ascii(key, value) => {
                    Some((key.to_string(), text(value)))
                }
                tonic::metadata::KeyAndValueRef::Binary(..) => None,
            })
            .collect();
        let answer = self.0.answer(steeple_stub::Request {
            line: String::new(),
            path: path.to_owned(),
            headers,
            body: request.into_inner().encode_to_vec(),
            came: Instant::now(),
        });
        match answer {
            None => Ok(0),
            Some(Answer::Body(rejected)) => Ok(rejected.len() as i64),
            Some(Answer::Status(code, _)) => Err(Status::new(Code::from(i32::from(code)), "why")),
            Some(other) => panic!("no answer of gRPC: {other:?}"),
        }
    }
}

#[tonic::async_trait]
impl TraceService for Backend {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let rejected_spans = self.take("trace", request)?;
        Ok(Response::new(ExportTraceServiceResponse {
            partial_success: (rejected_spans > 0).then(|| ExportTracePartialSuccess {
                rejected_spans,
                error_message: "too old".to_owned(),
            }),
        }))
    }
}

#[tonic::async_trait]
impl MetricsService for Backend {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let rejected_data_points = self.take("metrics", request)?;
        Ok(Response::new(ExportMetricsServiceResponse {
            partial_success: (rejected_data_points > 0).then(|| ExportMetricsPartialSuccess {
                rejected_data_points,
                error_message: "too old".to_owned(),
            }),
        }))
    }
}

#[tonic::async_trait]
impl LogsService for Backend {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let rejected_log_records = self.take("logs", request)?;
        Ok(Response::new(ExportLogsServiceResponse {
            partial_success: (rejected_log_records > 0).then(|| ExportLogsPartialSuccess {
                rejected_log_records,
                error_message: "too old".to_owned(),
            }),
        }))
    }
}

/// Answers with these, one after the other, then with success: `Status` has the code of gRPC, and of `Body` each byte is an
/// item that is rejected.
pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Sink {
    let script = Arc::new(Script::new(answers));
    let backend = Backend(script.clone());
    let (sender, address) = std::sync::mpsc::channel::<SocketAddr>();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            Server::builder()
                .add_service(TraceServiceServer::new(backend.clone()).accept_compressed(Gzip))
                .add_service(MetricsServiceServer::new(backend.clone()).accept_compressed(Gzip))
                .add_service(LogsServiceServer::new(backend).accept_compressed(Gzip))
                .serve_with_incoming(TcpIncoming::from(listener))
                .await
                .unwrap();
        });
    });
    Sink(Stub::served(address.recv().unwrap(), script))
}
