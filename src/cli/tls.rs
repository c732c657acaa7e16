//! The local authority and the server's certificate, for HTTPS and WSS until real ones are given.

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use types::Timestamp;

use crate::app::{DataFolder, TLS};
use crate::config::Config;

const DAY: Duration = Duration::from_secs(86_400);
/// Life of the authority, in days.
const AUTHORITY_DAYS: u32 = 3_650;
/// Life of the certificate, in days: the longest that phones accept.
const CERTIFICATE_DAYS: u32 = 820;

/// Makes what is missing; lines for the terminal.
pub(super) fn make(
    config: &Config,
    folder: &DataFolder,
    now: Timestamp,
) -> anyhow::Result<Vec<String>> {
    let below = |name: &str| folder.path().join(TLS).join(name);
    let (authority, certificate) = (below("ca.pem"), below("server.pem"));
    if certificate.exists() && below("server.key").exists() {
        return Ok(Vec::new());
    }
    let issuer = if authority.exists() && below("ca.key").exists() {
        let key = KeyPair::from_pem(&std::fs::read_to_string(below("ca.key"))?)?;
        Issuer::from_ca_cert_pem(&std::fs::read_to_string(&authority)?, key)
            .with_context(|| format!("cannot use {}", authority.display()))?
    } else {
        make_authority(config, folder, now)?
    };
    let names = names(config);
    let key = KeyPair::generate()?;
    let params = server_params(&names, now)?;
    let signed = params.signed_by(&key, &issuer)?;
    folder.write_secret(&format!("{TLS}/server.key"), &key.serialize_pem())?;
    std::fs::write(&certificate, signed.pem() + &std::fs::read_to_string(&authority)?)?;
    Ok(vec![
        format!("certificate {} made for {}", certificate.display(), names.join(", ")),
        format!("authority   {}: install it on the seats' computers", authority.display()),
    ])
}

fn make_authority(
    config: &Config,
    folder: &DataFolder,
    now: Timestamp,
) -> anyhow::Result<Issuer<'static, KeyPair>> {
    let mut params = CertificateParams::default();
    let name = format!("hotline local authority ({})", config.centre.id);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    live(&mut params, now, AUTHORITY_DAYS);
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?;
    folder.write_secret(&format!("{TLS}/ca.key"), &key.serialize_pem())?;
    std::fs::write(folder.path().join(TLS).join("ca.pem"), authority.pem())?;
    Ok(Issuer::new(params, key))
}

fn server_params(names: &[String], now: Timestamp) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, "hotline");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    live(&mut params, now, CERTIFICATE_DAYS);
    Ok(params)
}

/// A day back, for clocks that are a little slow.
fn live(params: &mut CertificateParams, now: Timestamp, days: u32) {
    params.not_before = (now - DAY).to_local();
    params.not_after = (now + DAY * days).to_local();
}

/// This machine by name and address, and what `tls.names` adds.
fn names(config: &Config) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if let Ok(host) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        names.push(host.trim().to_owned());
    }
    if !config.http.bind.is_unspecified() {
        names.push(config.http.bind.to_string());
    } else if let Some(address) = outward_address() {
        names.push(address.to_string());
    }
    names.extend(config.tls.names.iter().cloned());
    names.retain(|name| !name.is_empty());
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// The address of the default route. Connecting a datagram socket sends nothing.
fn outward_address() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_kept_and_names_are_in_the_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let environment = [
            ("HOTLINE_DATA".to_owned(), folder.path().display().to_string()),
            ("HOTLINE__TLS__NAMES".to_owned(), "hotline.example,10.1.2.3".to_owned()),
        ];
        let config = Config::from_layers(None, environment).unwrap();
        let data = DataFolder::open(&config).unwrap();
        let now = crate::testing::start();
        let lines = make(&config, &data, now).unwrap();
        assert!(lines[0].contains("hotline.example, 10.1.2.3"), "{lines:?}");
        let read =
            |name: &str| std::fs::read_to_string(folder.path().join(TLS).join(name)).unwrap();
        let (authority, certificate) = (read("ca.pem"), read("server.pem"));
        assert!(certificate.ends_with(&authority), "the chain has the authority too");
        assert_eq!(make(&config, &data, now).unwrap(), Vec::<String>::new());
        // A new certificate is signed by the authority that computers already trust.
        std::fs::remove_file(folder.path().join(TLS).join("server.pem")).unwrap();
        assert_eq!(make(&config, &data, now).unwrap().len(), 2);
        assert_eq!(read("ca.pem"), authority);
        assert_ne!(read("server.pem"), certificate);
    }
}
