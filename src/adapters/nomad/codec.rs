//! How messages become bytes: as tonic does it, with small buffers.
//!
//! tonic keeps a buffer for as long as a call lasts, 8 KiB unless told otherwise. Each running task has two calls that
//! last as long as the task, a WaitTask and a stream of usage whose messages have some 200 bytes: those buffers would be
//! the largest single thing that a task costs.

use prost::Message;
use std::marker::PhantomData;
use tonic::codec::{BufferSettings, Codec};
use tonic_prost::{ProstCodec, ProstDecoder, ProstEncoder};

/// Of a buffer at first; it grows to what it must hold.
const BUFFER_BYTES: usize = 0;

/// When messages that are ready are sent rather than gathered: tonic's own number.
const YIELD_BYTES: usize = 32 * 1024;

/// Encodes `T`, decodes `U`.
#[derive(Debug)]
pub struct SmallBuffers<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for SmallBuffers<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

fn settings() -> BufferSettings {
    BufferSettings::new(BUFFER_BYTES, YIELD_BYTES)
}

impl<T, U> Codec for SmallBuffers<T, U>
where
    T: Message + Send + 'static,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(settings())
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<T, U>::raw_decoder(settings())
    }
}
