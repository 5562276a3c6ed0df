//! Generates the service. With `protoc` at hand one would compile a `.proto` file instead.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let greet = Method::builder()
        .name("greet")
        .route_name("Greet")
        .input_type("crate::GreetRequest")
        .output_type("crate::GreetReply")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let greeter = Service::builder()
        .package("hello")
        .name("Greeter")
        .method(greet)
        .build();
    Builder::new().compile(&[greeter]);
}
