//! `hotline import`: what another system hands over.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Subcommand;

use super::progress::Bar;
use crate::app;
use crate::config::Config;
use crate::service::ServiceError;
use crate::service::import::{
    ImportDone, ImportError, ImportProgress, ImportWish, orders, rejections_csv,
};

#[derive(Debug, Subcommand)]
pub(super) enum ImportCommand {
    /// 导入其他系统的工单（CSV，UTF-8）：分小批写入，不影响话务；中断后用同一命令继续，不重不漏
    Orders {
        /// 工单文件；表头可用中文列名或英文列名
        #[arg(value_name = "文件")]
        file: PathBuf,
        /// 来源系统的名称：原编号在同一系统内唯一
        #[arg(long, value_name = "名称")]
        system: String,
        /// 经办人的账号（督办员、班长或系统管理员）
        #[arg(long, value_name = "账号")]
        by: String,
        /// 未导入的行写到哪里；缺省为“文件.rejected.csv”
        #[arg(long, value_name = "文件")]
        rejected: Option<PathBuf>,
    },
}

pub(super) async fn run(config: &Arc<Config>, command: ImportCommand) -> anyhow::Result<()> {
    let ImportCommand::Orders { file, system, by, rejected } = command;
    let db = app::open_store(config).await?;
    if db.migrations_missing().await? > 0 {
        bail!("数据库缺少新的表：请先运行 hotline migrate");
    }
    let ctx = app::command_context(config, db);
    let rejected = rejected.unwrap_or_else(|| beside(&file));
    let wish = ImportWish { file, system, by };
    let done = {
        let bar = Bar::new("导入");
        let mut told = |progress: ImportProgress| {
            let share = progress.bytes as f64 / progress.bytes_all.max(1) as f64;
            bar.tell(share, counts(&progress));
        };
        orders(&ctx, &wish, &mut told).await.map_err(in_words)
    };
    ctx.db.close().await;
    tell(&done?, &rejected)
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
fn tell(done: &ImportDone, rejected: &Path) -> anyhow::Result<()> {
    if done.resumed {
        println!("此文件先前导入过一部分或全部，已接着上次的位置继续");
    }
    println!("{}", counts(&done.progress));
    if !done.rejections.is_empty() {
        std::fs::write(rejected, rejections_csv(&done.rejections))
            .with_context(|| format!("写不了 {}", rejected.display()))?;
        println!("未导入的行与原因：{}；改正后另存再导入，已导入的不会重复", rejected.display());
    }
    Ok(())
}

fn counts(progress: &ImportProgress) -> String {
    let ImportProgress { accepted, already, rejected, .. } = progress;
    format!("新增 {accepted} 件，先前已导入 {already} 件，未导入 {rejected} 行")
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".rejected.csv");
    name.into()
}

/// What the person at the terminal does next.
fn in_words(error: ImportError) -> anyhow::Error {
    match error {
        ImportError::Service(ServiceError::Fields(faults)) => {
            let faults: Vec<String> = faults.into_iter().map(|fault| fault.detail).collect();
            anyhow::anyhow!(faults.join("；"))
        }
        ImportError::Service(ServiceError::Away(detail)) => anyhow::anyhow!(detail),
        ImportError::Service(error @ ServiceError::Store(_)) => anyhow::Error::from(error)
            .context("数据库暂时不可用；已导入的已经保存，稍后用同一命令继续"),
        other => other.into(),
    }
}
