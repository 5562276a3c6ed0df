//! Generates the gRPC service. With `protoc` at hand one would compile a `.proto` file instead.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let count = Method::builder().name("count").route_name("Count");
    let watch = Method::builder().name("watch").route_name("Watch");
    let methods = [count, watch.server_streaming()].map(|method| {
        method
            .input_type("crate::grpc::Item")
            .output_type("crate::grpc::Stock")
            .codec_path("tonic_prost::ProstCodec")
            .build()
    });
    let service = Service::builder().package("shop").name("Warehouse");
    let service = methods
        .into_iter()
        .fold(service, |service, method| service.method(method));
    Builder::new().compile(&[service.build()]);
}
