//! The throw-away servers do what tests of faults ask of them.

use std::path::Path;
use std::time::Duration;

use postrider_postgres::{Database, Pooler, Server, ServerOptions, ask};

#[test]
fn a_killed_server_comes_back_with_what_was_committed() {
    let Some(mut server) = Server::new(ServerOptions::default()) else { return };
    let url = server.url();
    ask(&url, "CREATE TABLE a (b int); INSERT INTO a VALUES (7)").unwrap();
    server.kill();
    assert!(ask(&url, "SELECT 1").is_err());
    server.start();
    assert_eq!(ask(&url, "SELECT b FROM a").unwrap(), ["7"]);
    server.stop();
    assert!(ask(&url, "SELECT 1").is_err());
    assert!(server.log().contains("database system was not properly shut down"), "it was killed");
    assert!(server.log().contains("received fast shutdown request"), "it was stopped");
    assert_eq!(ask(&url, "SHOW fsync").ok(), None);
}

#[test]
fn a_paused_server_answers_when_it_goes_on() {
    let Some(server) = Server::new(ServerOptions::default().with("fsync", "off")) else { return };
    let url = server.url();
    assert_eq!(ask(&url, "SHOW fsync").unwrap(), ["off"]);
    server.pause();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| tell.send(ask(&url, "SELECT 1").unwrap()));
        assert!(told.recv_timeout(Duration::from_millis(300)).is_err(), "it is paused");
        server.resume();
        assert_eq!(told.recv_timeout(Duration::from_secs(20)).unwrap(), ["1"]);
    });
}

#[test]
fn a_server_lies_where_it_is_told_and_names_its_processes() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lies-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    let options = ServerOptions { data_in: Some(root.clone()), leashed: true, ..ServerOptions::default() };
    let Some(mut server) = Server::new(options.with("fsync", "off")) else { return };
    let there = ask(&server.url(), "SHOW data_directory").unwrap();
    assert!(Path::new(&there[0]).starts_with(root.canonicalize().unwrap()), "{there:?}");
    let first = server.processes()[0];
    let name = std::fs::read_to_string(format!("/proc/{first}/comm")).unwrap();
    assert_eq!(name.trim(), "postgres");
    assert!(server.processes().len() > 1, "a server has children");
    server.stop();
    assert!(server.processes().is_empty());
    drop(server);
    std::fs::remove_dir(&root).expect("its data went away with it");
}

#[test]
fn a_synchronous_standby_has_everything_when_the_primary_is_killed() {
    let Some(mut primary) = Server::new(ServerOptions::default()) else { return };
    let standby = primary.standby("second");
    assert_eq!(ask(&standby.url(), "SELECT pg_is_in_recovery()").unwrap(), ["t"]);
    primary.require_standby("second");
    ask(&primary.url(), "CREATE TABLE a (b int); INSERT INTO a VALUES (9)").unwrap();
    primary.kill();
    standby.promote();
    assert_eq!(ask(&standby.url(), "INSERT INTO a VALUES (10); SELECT b FROM a").unwrap(), ["9", "10"]);
}

#[test]
fn a_password_is_asked_for_where_one_is_set() {
    let options = ServerOptions { password: Some("right".to_owned()), ..ServerOptions::default() };
    let Some(server) = Server::new(options) else { return };
    let database = Database::on(&server.url());
    assert_eq!(database.ask("SELECT 1"), ["1"]);
    let wrong = server.url().replace("right", "wrong");
    let Err(error) = ask(&wrong, "SELECT 1") else { panic!("the wrong password is taken") };
    assert!(format!("{error:?}").contains("password authentication failed"), "{error:?}");
}

#[test]
fn a_pooler_shares_the_servers_sessions() {
    let Some(server) = Server::new(ServerOptions::default().with("fsync", "off")) else { return };
    let Some(pooler) = Pooler::before(server.port()) else { return };
    let url = pooler.url("postgres");
    let session = || ask(&url, "SELECT pg_backend_pid()").unwrap();
    assert_eq!(session(), session(), "two clients, one session");
}
