//! The guard against a table written anew from the IANA registries, in their own notation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use proptest::prelude::*;

use super::*;

const REFUSED_V4: &str = "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 \
    192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 \
    198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32";

/// What is refused within `2000::/3`; outside it, only the IPv4-mapped and NAT64 forms of public addresses pass.
const REFUSED_V6: &str = "2001::/23 2001::/32 2001:1::1/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 \
    2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20";

/// Blocks outside `2000::/3`, from whose edges addresses are drawn.
const ELSEWHERE_V6: &str = "::/128 ::1/128 ::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 \
    1000::/4 2000::/3 4000::/3 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8";

fn networks(text: &str) -> Vec<IpNet> {
    text.split_whitespace().map(|network| network.parse().expect("a network")).collect()
}

fn v4_is_refused(address: Ipv4Addr) -> bool {
    networks(REFUSED_V4).iter().any(|network| network.contains(&IpAddr::V4(address)))
}

fn v6_is_refused(address: Ipv6Addr) -> bool {
    for embedding in ["::ffff:0:0/96", "64:ff9b::/96"] {
        if embedding.parse::<Ipv6Net>().expect("a network").contains(&address) {
            return v4_is_refused(Ipv4Addr::from_bits(address.to_bits() as u32));
        }
    }
    let global: Ipv6Net = "2000::/3".parse().expect("a network");
    !global.contains(&address)
        || networks(REFUSED_V6).iter().any(|network| network.contains(&IpAddr::V6(address)))
}

/// Anywhere, and at or just beyond the edges of the blocks.
fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
    let blocks: Vec<Ipv4Net> = REFUSED_V4.split_whitespace().map(|n| n.parse().expect("a network")).collect();
    let edges = (prop::sample::select(blocks), any::<bool>(), -2_i64..=2).prop_map(|(block, first, off)| {
        let edge = if first { block.network() } else { block.broadcast() };
        Ipv4Addr::from_bits((i64::from(edge.to_bits()) + off) as u32)
    });
    prop_oneof![any::<u32>().prop_map(Ipv4Addr::from_bits), edges]
}

fn any_v6() -> impl Strategy<Value = Ipv6Addr> {
    let blocks: Vec<Ipv6Net> = [REFUSED_V6, ELSEWHERE_V6]
        .iter()
        .flat_map(|text| text.split_whitespace())
        .map(|network| network.parse().expect("a network"))
        .collect();
    let within = (prop::sample::select(blocks.clone()), any::<u128>()).prop_map(|(block, bits)| {
        Ipv6Addr::from_bits(block.network().to_bits() | bits & block.hostmask().to_bits())
    });
    let edges = (prop::sample::select(blocks), any::<bool>(), -2_i128..=2).prop_map(|(block, first, off)| {
        let edge = if first { block.network() } else { block.broadcast() };
        Ipv6Addr::from_bits(edge.to_bits().wrapping_add_signed(off))
    });
    let global = any::<u128>().prop_map(|bits| Ipv6Addr::from_bits(bits >> 3 | 1 << 125));
    prop_oneof![any::<u128>().prop_map(Ipv6Addr::from_bits), within, edges, global]
}

fn is_refused(address: impl Into<IpAddr>) -> bool {
    judge(address.into(), &GuardPolicy::default()).is_err()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

    #[test]
    fn exactly_the_special_ipv4_addresses_are_refused(address in any_v4()) {
        prop_assert_eq!(is_refused(address), v4_is_refused(address), "{}", address);
    }

    #[test]
    fn exactly_the_special_ipv6_addresses_are_refused(address in any_v6()) {
        prop_assert_eq!(is_refused(address), v6_is_refused(address), "{}", address);
    }

    #[test]
    fn an_ipv4_address_is_judged_alike_in_every_form_that_reaches_it(address in any_v4()) {
        let bits = u128::from(address.to_bits());
        let nat64 = Ipv6Addr::from_bits(0x0064_ff9b_u128 << 96 | bits);
        prop_assert_eq!(is_refused(address.to_ipv6_mapped()), is_refused(address));
        prop_assert_eq!(is_refused(nat64), is_refused(address));
    }

    #[test]
    fn a_form_that_hides_an_ipv4_address_is_refused_whatever_it_hides(address in any_v4(), low in any::<u128>()) {
        let bits = u128::from(address.to_bits());
        for hiding in [
            bits,                                                                  // IPv4-compatible
            0x2002_u128 << 112 | bits << 80 | low >> 48,                           // 6to4
            0x2001_0000_u128 << 96 | low >> 32,                                    // Teredo
            0x0064_ff9b_0001_u128 << 80 | low >> 48,                               // local NAT64
        ] {
            prop_assert!(is_refused(Ipv6Addr::from_bits(hiding)));
        }
    }

    #[test]
    fn what_is_opened_is_open_and_nothing_beside_it(address in any_v4(), prefix in 1_u8..=32) {
        let network = Ipv4Net::new(address, prefix).expect("a prefix").trunc();
        let policy = GuardPolicy { allow_networks: vec![network.into()], ..GuardPolicy::default() };
        let opened = |address: IpAddr| judge(address, &policy).is_ok();
        prop_assert!(opened(address.into()) && opened(address.to_ipv6_mapped().into()));
        for beside in [network.network().to_bits().wrapping_sub(1), network.broadcast().to_bits().wrapping_add(1)] {
            let beside = Ipv4Addr::from_bits(beside);
            prop_assert_eq!(opened(beside.into()), !v4_is_refused(beside));
        }
    }

    #[test]
    fn dev_opens_loopback_and_private_networks_and_nothing_else(v4 in any_v4(), v6 in any_v6()) {
        let is_open = |address| judge(address, &GuardPolicy::dev()).is_ok();
        prop_assert_eq!(is_open(v4.into()), !v4_is_refused(v4) || v4.is_loopback() || v4.is_private());
        let is_mapped = v6.to_ipv4_mapped().is_some() || v6.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
        prop_assume!(!is_mapped);
        prop_assert_eq!(is_open(v6.into()), !v6_is_refused(v6) || v6.is_loopback() || v6.is_unique_local());
    }
}

#[test]
fn ordinary_public_addresses_pass() {
    for address in ["1.1.1.1", "8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001::1"] {
        assert!(!is_refused(address.parse::<IpAddr>().expect("an address")), "{address}");
    }
}

#[test]
fn the_reason_is_the_one_a_person_would_give() {
    for (address, reason) in [
        ("127.0.0.1", Blocked::Loopback),
        ("::1", Blocked::Loopback),
        ("::ffff:127.0.0.1", Blocked::Loopback),
        ("::", Blocked::Unspecified),
        ("10.1.2.3", Blocked::Private),
        ("fd00::1", Blocked::Private),
        ("169.254.169.254", Blocked::LinkLocal),
        ("100.64.0.1", Blocked::Shared),
        ("2002:7f00:1::", Blocked::Transition),
        ("2001:0:1::", Blocked::Transition),
        ("2001:5::", Blocked::Reserved),
        ("2001:db8::", Blocked::Documentation),
        ("5f00::", Blocked::Reserved),
        ("ff02::1", Blocked::Multicast),
        ("255.255.255.255", Blocked::Reserved),
    ] {
        let judged = judge(address.parse().expect("an address"), &GuardPolicy::default());
        assert_eq!(judged, Err(reason), "{address}");
    }
}
