//! Keeps what is known of callers in memory for the distributor's host: who is elderly, who has called in vain, and which
//! agent a caller has told her open matter to. An arrival looks there and nowhere else, so that no decision waits for a
//! table; while the tables are away the host goes by what they said last.

use std::collections::HashSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use types::{Phone, WorkOrderId};

use super::{Context, ServiceError};
use crate::acd_host::CallerBook;
use crate::store::known_caller::{self, OpenMatter};

/// How soon a new draft or a missed call is known.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So many looks apart everything is read anew: what is over is forgotten then.
const LOOKS_PER_READING: u32 = 30;
/// What the looks between read of matters: ids are drawn before their transaction is over.
const RECENT: Duration = Duration::from_secs(120);
/// Older matters bind a caller to nobody.
const MATTER_AGE_MAX: Duration = Duration::from_secs(30 * 86_400);
const MATTERS_OF_PAGE: i64 = 5_000;
const ELDERS_MAX: i64 = 200_000;
const MISSED_MAX: i64 = 20_000;

/// Runs until `stop`.
pub(super) async fn keep(ctx: Context, stop: CancellationToken) {
    let mut looks = 0;
    while !stop.is_cancelled() {
        let read = if looks == 0 { read_all(&ctx).await } else { read_recent(&ctx).await };
        looks = match read {
            Ok(()) => (looks + 1) % LOOKS_PER_READING,
            Err(error) => {
                tracing::warn!(%error, "what is known of callers cannot be read");
                // Much may have happened until the tables are back.
                0
            }
        };
        let _ = tokio::time::timeout(LOOK_EVERY, stop.cancelled()).await;
    }
}

/// Notes it at once for calls that come to this node; others read it within a minute.
pub(super) fn note_elder(ctx: &Context, caller: &Phone, elder: bool) {
    let number = caller.national();
    ctx.known_callers.change(|book| {
        if elder {
            book.elders.insert(number);
        } else {
            book.elders.remove(&number);
        }
    });
}

/// The whole book.
async fn read_all(ctx: &Context) -> Result<(), ServiceError> {
    let mut tx = ctx.db.read().await?;
    let elders = known_caller::elders(&mut tx, &ctx.centre, ELDERS_MAX).await?;
    drop(tx);
    let missed = missed(ctx).await?;
    let mut book = CallerBook { elders: national(&elders), missed, ..CallerBook::default() };
    matters(ctx, MATTER_AGE_MAX, |matter| note(&mut book, &matter)).await?;
    ctx.known_callers.change(|known| *known = book);
    Ok(())
}

/// Who is owed a return, and what was told lately.
async fn read_recent(ctx: &Context) -> Result<(), ServiceError> {
    let missed = missed(ctx).await?;
    let mut came = Vec::new();
    matters(ctx, RECENT, |matter| came.push(matter)).await?;
    ctx.known_callers.change(|book| {
        book.missed = missed;
        came.iter().for_each(|matter| note(book, matter));
    });
    Ok(())
}

/// Matters of the last `age`, oldest first.
async fn matters(
    ctx: &Context,
    age: Duration,
    mut take: impl FnMut(OpenMatter),
) -> Result<(), ServiceError> {
    let mut after = WorkOrderId::new(ctx.clock.now() - age, 0);
    loop {
        let mut tx = ctx.db.read().await?;
        let page = known_caller::matters(&mut tx, &ctx.centre, after, MATTERS_OF_PAGE).await?;
        drop(tx);
        let full = i64::try_from(page.len()).unwrap_or(0) == MATTERS_OF_PAGE;
        after = page.last().map_or(after, |matter| matter.id);
        page.into_iter().for_each(&mut take);
        if !full {
            return Ok(());
        }
    }
}

async fn missed(ctx: &Context) -> Result<HashSet<Phone>, ServiceError> {
    let mut tx = ctx.db.read().await?;
    Ok(national(&known_caller::missed(&mut tx, &ctx.centre, MISSED_MAX).await?))
}

/// The younger matter of a number stands.
fn note(book: &mut CallerBook, matter: &OpenMatter) {
    book.matters.insert(matter.number.national(), matter.opened_by.into());
}

fn national(numbers: &[Phone]) -> HashSet<Phone> {
    numbers.iter().map(Phone::national).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::missed_call_return::{Owed, owe};
    use crate::store::{Db, elder_caller};
    use crate::testing::{TestApp, centre, start};

    fn phone(text: &str) -> Phone {
        text.parse().unwrap()
    }

    async fn the_book_is_read_in_the_national_spelling(db: Db) {
        let ctx = TestApp::context(db);
        let (elder, missed) = (phone("13800138000"), phone("13900139000"));
        let mut tx = ctx.db.begin().await.unwrap();
        let spelled = phone("+8613800138000");
        elder_caller::note(&mut tx, &centre(), &spelled, "agent01", start()).await.unwrap();
        let call = types::CallId::from_u128(1);
        let at = start();
        let owed = Owed { call, caller: &missed, cause: "abandoned", at, due_at: at };
        owe(&mut tx, &centre(), owed).await.unwrap();
        tx.commit().await.unwrap();
        read_all(&ctx).await.unwrap();
        let expected = CallerBook {
            elders: [elder.clone()].into(),
            missed: [missed].into(),
            ..CallerBook::default()
        };
        ctx.known_callers.change(|book| assert_eq!(*book, expected));
        note_elder(&ctx, &spelled, false);
        ctx.known_callers.change(|book| assert!(book.elders.is_empty()));
        read_recent(&ctx).await.unwrap();
        ctx.known_callers.change(|book| assert!(book.elders.is_empty() && book.missed.len() == 1));
    }
    store_test!(the_book_is_read_in_the_national_spelling);
}
