//! One client's connection: lines in, answers out, each within its bounds.
//!
//! Knows nothing of where bytes come from. Whatever a client does or leaves undone ends here.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::call::{Call, Limits};
use super::message::{Answer, LONGEST_REQUEST, Request};

/// What came instead of, or as, a request.
enum Line {
    Whole(Vec<u8>),
    TooLong,
    /// The client has gone, or its time is up.
    None,
    Late,
}

/// Serves one client until it leaves or breaks a bound.
pub async fn serve<S>(stream: S, limits: Limits, calls: mpsc::Sender<Call>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    let mut first = true;
    loop {
        let (answer, last) = match read(&mut stream, limits.request).await {
            Line::Whole(line) => (ask(&line, limits.reply, &calls).await, false),
            Line::TooLong => {
                (Answer::error(format!("the request exceeds {LONGEST_REQUEST} bytes")), true)
            }
            Line::Late if first => (Answer::error("no request came in time"), true),
            Line::Late | Line::None => return,
        };
        if !write(&mut stream, &answer, limits.answer).await || last {
            return;
        }
        first = false;
    }
}

async fn read<S: AsyncRead + Unpin>(stream: &mut BufReader<S>, within: Duration) -> Line {
    let mut line = Vec::new();
    let mut bounded = stream.take(LONGEST_REQUEST as u64 + 1);
    match timeout(within, bounded.read_until(b'\n', &mut line)).await {
        Err(_) => Line::Late,
        Ok(Err(_) | Ok(0)) => Line::None,
        Ok(Ok(_)) if line.len() > LONGEST_REQUEST => Line::TooLong,
        // The last line may lack its end: half a JSON object is none.
        Ok(Ok(_)) => Line::Whole(line),
    }
}

/// Has the loop answer a request; it does so when a mark is on disk.
async fn ask(line: &[u8], within: Duration, calls: &mpsc::Sender<Call>) -> Answer {
    let request = match Request::parse(line) {
        Ok(request) => request,
        Err(error) => return Answer::error(error),
    };
    let (reply, answer) = oneshot::channel();
    let answered = async {
        // Nobody takes calls any more, or this one was let fall.
        calls.send(Call { request, reply }).await.ok()?;
        answer.await.ok()
    };
    match timeout(within, answered).await {
        Ok(Some(answer)) => answer,
        Ok(None) => Answer::error("this migtop is ending"),
        Err(_) => Answer::error(format!(
            "no answer within {within:?}; the request may still be carried out"
        )),
    }
}

/// Whether the client took the answer.
async fn write<S: AsyncWrite + Unpin>(stream: &mut S, answer: &Answer, within: Duration) -> bool {
    let line = answer.to_line();
    let all = async {
        stream.write_all(&line).await?;
        stream.flush().await
    };
    matches!(timeout(within, all).await, Ok(Ok(())))
}
