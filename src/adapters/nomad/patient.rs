//! WaitTask, which lasts as long as its task, at the price of a stream.
//!
//! While a unary call is unanswered, tonic keeps the request's head and the room that it took to decode it: 2.2 KiB for
//! each running task (heaptrack). On the wire (gRPC over HTTP/2) the answer to a unary call is a stream of one message, so it is sent
//! as one: its head at once, the message at the end of the task.

use super::codec::SmallBuffers;
use super::proto::driver::{
    WaitTaskRequest, WaitTaskResponse,
    driver_server::{Driver, DriverServer, SERVICE_NAME},
};
use futures_util::future::{Ready, ready};
use futures_util::stream::{self, BoxStream, StreamExt};
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService, ServerStreamingService};
use tonic::{Request, Response, Status};

/// Path of the call, below the service's name.
const WAIT_TASK: &str = "/WaitTask";

/// The driver's service, whose WaitTask costs little while it waits.
pub struct Patient<T> {
    others: DriverServer<T>,
    driver: Arc<T>,
}

impl<T: Driver> Patient<T> {
    /// Messages may have so many bytes in either direction.
    pub fn new(driver: T, message_bytes_max: usize) -> Self {
        let driver = Arc::new(driver);
        let others = DriverServer::from_arc(Arc::clone(&driver))
            .max_decoding_message_size(message_bytes_max)
            .max_encoding_message_size(message_bytes_max);
        Self { others, driver }
    }
}

impl<T> Clone for Patient<T> {
    fn clone(&self) -> Self {
        Self { others: self.others.clone(), driver: Arc::clone(&self.driver) }
    }
}

impl<T> NamedService for Patient<T> {
    const NAME: &'static str = SERVICE_NAME;
}

impl<T: Driver> Service<http::Request<Body>> for Patient<T> {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let method = request.uri().path().strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE_NAME));
        if method != Some(WAIT_TASK) {
            return self.others.call(request);
        }
        let wait = Wait(Arc::clone(&self.driver));
        Box::pin(async { Ok(Grpc::new(SmallBuffers::default()).server_streaming(wait, request).await) })
    }
}

/// One call.
struct Wait<T>(Arc<T>);

impl<T: Driver> ServerStreamingService<WaitTaskRequest> for Wait<T> {
    type Response = WaitTaskResponse;
    type ResponseStream = BoxStream<'static, Result<WaitTaskResponse, Status>>;
    type Future = Ready<Result<Response<Self::ResponseStream>, Status>>;

    fn call(&mut self, request: Request<WaitTaskRequest>) -> Self::Future {
        let driver = Arc::clone(&self.0);
        let answer = async move { driver.wait_task(request).await.map(Response::into_inner) };
        ready(Ok(Response::new(stream::once(answer).boxed())))
    }
}
