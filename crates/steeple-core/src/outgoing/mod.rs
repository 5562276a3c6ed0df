//! Requests that go out: how they are told of the trace, timed and counted.

mod attempts;
mod call;
mod end;
mod head;
mod hosts;
mod record;
mod rpc;
mod servers;

pub use self::{
    attempts::Attempts,
    call::OutgoingCall,
    head::OutgoingHead,
    record::{CallRecord, CallTarget},
};
pub(crate) use self::{
    head::address,
    hosts::Hosts,
    record::CallKeys,
    servers::{Newcomer, Server, Servers},
};
