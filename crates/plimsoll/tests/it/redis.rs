//! `k6/experimental/redis` against a real server.

use crate::support::redis::Redis;
use crate::support::{Finished, Folder};

/// Runs a script in which `client` is a client of the server at `__ENV.URL`.
async fn run(url: &str, flags: &str, body: &str) -> Finished {
    let script = format!(
        "import redis from 'k6/experimental/redis';
         const client = new redis.Client(__ENV.URL);
         {body}"
    );
    Folder::with(&script).run(&format!("--log-format raw --env URL={url} {flags}")).await
}

const EVERYTHING: &str = r"
        const told = [];
        async function tell(promise) {
          await promise.then((value) => told.push(JSON.stringify(value)),
            (error) => told.push(error.message));
        }
        export default async function () {
          const c = client;
          await tell(c.set('a', 'text', 0));
          await tell(c.get('a'));
          await tell(c.get('none'));
          await tell(c.getSet('a', 'new'));
          await tell(c.getSet('b', 'first'));
          await tell(c.exists('a', 'b', 'none', 'a'));
          await tell(c.mget('a', 'none', 'b'));
          await tell(c.getDel('b'));
          await tell(c.del('a', 'none'));
          await tell(c.randomKey());
          console.log(told.splice(0).join('; '));
          await tell(c.set('n', 41, 0));
          await tell(c.incr('n'));
          await tell(c.incrBy('n', 8));
          await tell(c.decr('n'));
          await tell(c.decrBy('n', 9));
          await tell(c.set('t', true, 100));
          await tell(c.get('t'));
          await tell(c.ttl('n'));
          await tell(c.ttl('none'));
          await tell(c.expire('n', 1000));
          await tell(c.expire('none', 1000));
          await tell(c.ttl('n'));
          await tell(c.persist('n'));
          await tell(c.persist('n'));
          await tell(c.set('f', 1.5, 0));
          await tell(c.get('f'));
          console.log(told.splice(0).join('; '));
          await tell(c.rpush('l', 'b', 'c', 7));
          await tell(c.lpush('l', 'a'));
          await tell(c.lrange('l', 0, -1));
          await tell(c.lindex('l', 1));
          await tell(c.lindex('l', 99));
          await tell(c.lset('l', 0, 'A'));
          await tell(c.lset('l', 99, 'A'));
          await tell(c.lrem('l', 0, 'b'));
          await tell(c.llen('l'));
          await tell(c.lpop('l'));
          await tell(c.rpop('l'));
          console.log(told.splice(0).join('; '));
          await tell(c.hset('h', 'f', 'v'));
          await tell(c.hset('h', 'g', 2));
          await tell(c.hsetnx('h', 'f', 'w'));
          await tell(c.hget('h', 'f'));
          await tell(c.hget('h', 'none'));
          await tell(c.hgetall('h'));
          await tell(c.hkeys('h'));
          await tell(c.hvals('h'));
          await tell(c.hlen('h'));
          await tell(c.hincrby('h', 'g', 5));
          await tell(c.hdel('h', 'f', 'none'));
          await tell(c.hgetall('none'));
          console.log(told.splice(0).join('; '));
          await tell(c.sadd('s', 'x', 'y', 'x'));
          await tell(c.sismember('s', 'x'));
          await tell(c.sismember('s', 'z'));
          await tell(c.srem('s', 'y', 'z'));
          await tell(c.smembers('s'));
          await tell(c.srandmember('s'));
          await tell(c.spop('s'));
          await tell(c.spop('s'));
          console.log(told.splice(0).join('; '));
          await tell(c.sendCommand('PING'));
          await tell(c.sendCommand('ECHO', 'hello'));
          await tell(c.sendCommand('GET', 'none'));
          await tell(c.sendCommand('MGET', 'f', 'none'));
          await tell(c.sendCommand('NONSENSE', 1));
          await tell(c.incr('f'));
          await tell(c.llen('f'));
          console.log(told.splice(0).join('; '));
          console.log(c.isConnected());
        }";

#[tokio::test]
async fn every_command_answers_as_in_k6() {
    let redis = Redis::start().await;
    let end = run(&redis.url(), "", EVERYTHING).await.code(0);
    let lines: Vec<&str> = end.stderr.lines().collect();
    let expected = [
        r#""OK"; "text"; redis: nil; "text"; redis: nil; 3; ["new",null,"first"]; "first"; 1; redis: nil"#,
        r#""OK"; 42; 50; 49; 40; "OK"; "1"; -1; -2; true; false; 1000; true; false; "OK"; "1.5""#,
        r#"3; 4; ["a","b","c","7"]; "b"; redis: nil; "OK"; ERR index out of range; 1; 3; "A"; "7""#,
        r#"1; 1; false; "v"; redis: nil; {"f":"v","g":"2"}; ["f","g"]; ["v","2"]; 2; 7; 1; {}"#,
        r#"2; true; false; 1; ["x"]; "x"; "x"; redis: nil"#,
    ];
    for (index, line) in expected.iter().enumerate() {
        assert_eq!(lines[index], *line, "{end}");
    }
    assert!(
        lines[5].starts_with(r#""PONG"; "hello"; redis: nil; ["1.5",null]; ERR unknown command"#),
        "{end}"
    );
    end.says(&["ERR value is not an integer or out of range; WRONGTYPE", "\ntrue\n"]);
}

#[tokio::test]
async fn passwords_users_and_databases() {
    let redis =
        Redis::start_with(&["--requirepass", "geheim", "--user", "ann", "on", ">pw", "~*", "+@all"]).await;
    let body = "export default async function () {
        await client.set('here', 'x', 0).then((v) => console.log(v), (error) => console.log(error.message));
        await client.get('here').then((v) => console.log('got', v), (error) => console.log(error.message));
      }";
    let at = redis.port;
    for (url, expected) in [
        (format!("redis://:geheim@127.0.0.1:{at}/3"), "got x"),
        (format!("redis://ann:pw@127.0.0.1:{at}"), "got x"),
        (format!("redis://:wrong@127.0.0.1:{at}"), "WRONGPASS"),
        (format!("redis://127.0.0.1:{at}"), "NOAUTH"),
        (format!("redis://:geheim@127.0.0.1:{at}/99"), "ERR DB index is out of range"),
    ] {
        run(&url, "", body).await.code(0).says(&[expected]);
    }
    let body = "export default async function () {
        for (const db of [0, 3]) {
          const socket = { host: '127.0.0.1', port: Number(__ENV.URL) };
          const own = new redis.Client({ socket, password: 'geheim', database: db });
          console.log(db, await own.exists('here'));
        }
      }";
    let body = body.to_owned();
    let script = format!("import redis from 'k6/experimental/redis';\n{body}");
    let end = Folder::with(&script).run(&format!("--log-format raw --env URL={at}")).await;
    end.code(0).says(&["0 1", "3 1"]);
}

#[tokio::test]
async fn large_and_unusual_values_come_back_as_they_were() {
    let redis = Redis::start().await;
    let body = r"
        export default async function () {
          const values = ['', 'ä€😀\u0000\r\n$5\r\n', 'x'.repeat(20e6), '{\'json\': [1]}', ' '];
          for (const value of values) {
            await client.set('key', value, 0);
            console.log(value.length, (await client.get('key')) === value);
          }
          await client.sendCommand('EVAL', `return redis.call('SET', 'bin', '\\255\\254a')`, 0);
          console.log(JSON.stringify(await client.get('bin')));
          const push = `for i = 1, 50000 do redis.call('RPUSH', 'many', i) end`;
          await client.sendCommand('EVAL', push, 0).catch(() => {});
          const many = await client.lrange('many', 0, -1);
          console.log(many.length, many[49999]);
        }";
    let end = run(&redis.url(), "", body).await.code(0);
    assert_eq!(end.stderr.matches(" true\n").count(), 5, "{end}");
    end.says(&["20000000 true", "\"\u{fffd}\u{fffd}a\"", "50000 50000"]);
}

#[tokio::test]
async fn fifty_users_count_together() {
    let redis = Redis::start().await;
    let body = "
        export const options = { vus: 50, iterations: 500, thresholds: { data_sent: ['count>10000'],
          data_received: ['count>1000'] } };
        export default async function () { await client.incr('count'); }
        export async function teardown() { console.log('counted', await client.get('count')); }";
    let end = run(&redis.url(), "", body).await.code(0);
    assert_eq!(end.count("iterations"), 500);
    end.says(&["counted 500"]);
}

#[tokio::test]
async fn a_server_that_dies_fails_commands_and_the_iteration_goes_on() {
    let redis = Redis::start().await;
    let port = redis.port;
    let script = format!(
        "import redis from 'k6/experimental/redis';
         import {{ sleep }} from 'k6';
         const client = new redis.Client({{ socket: {{ host: '127.0.0.1', port: {port} }}, maxRetries: -1 }});
         export default async function () {{
           await client.set('a', 1, 0);
           console.log('first command');
           for (;;) {{
             const error = await client.get('a').then(() => undefined, (error) => error);
             if (error) {{ console.log(`then ${{error.message}}`); break; }}
             sleep(0.01);
           }}
           sleep(0.5); // The system closes one socket of a dead process after the other.
           await client.get('a').catch((error) => console.log(`last ${{error.message}}`));
         }}"
    );
    let mut running = Folder::with(&script).start("--log-format raw");
    running.says("first command").await;
    redis.kill().await;
    let end = running.finish().await.code(0);
    end.says(&[
        &format!("then redis at 127.0.0.1:{port}: "),
        &format!("last redis at 127.0.0.1:{port}: dial: "),
    ]);
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_replaced() {
    let redis = Redis::start().await;
    let body = "
        import { sleep } from 'k6';
        export default async function () {
          const other = new redis.Client(__ENV.URL);
          await client.set('a', 'kept', 0);
          await other.sendCommand('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
          sleep(0.1);
          console.log(await client.get('a'));
        }";
    run(&redis.url(), "", body).await.code(0).says(&["kept"]);
}

#[tokio::test]
async fn a_server_that_is_silent_is_given_up() {
    let redis = Redis::start().await;
    let body = "export default async function () {
        await client.sendCommand('BLPOP', 'none', 0).catch((error) => console.log(error.message));
        console.log(await client.sendCommand('PING'));
      }";
    let url = format!("{}?read_timeout=200ms", redis.url());
    let expected = format!("redis at 127.0.0.1:{}: i/o timeout", redis.port);
    run(&url, "", body).await.code(0).says(&[&expected, "PONG"]);
}

#[tokio::test]
async fn a_run_that_ends_does_not_wait_for_an_answer() {
    let redis = Redis::start().await;
    let body =
        "export const options = { scenarios: { waits: { executor: 'constant-vus', vus: 3, duration: '1s',
          gracefulStop: '0s' } } };
      export default async function () { await client.sendCommand('BLPOP', 'none', 0); }";
    let end = run(&format!("{}?read_timeout=-1", redis.url()), "", body).await;
    assert_eq!(end.code, Some(0), "{end}");
}

#[tokio::test]
async fn the_runs_rules_for_addresses_hold() {
    let redis = Redis::start().await;
    let body = "export default async function () {
        await client.set('a', 1, 0).then(() => console.log('stored'), (error) => console.log(error.message));
      }";
    run(&redis.url(), "--blacklist-ip 127.0.0.0/8", body).await.code(0).says(&["ip is blacklisted"]);
    let elsewhere = format!("redis://cache.example:{}", redis.port);
    run(&elsewhere, "--block-hostnames *.example", body).await.code(0).says(&["hostname is blocked"]);
    let hosts = format!("export const options = {{ hosts: {{ 'cache.example': '127.0.0.1' }} }};\n{body}");
    run(&elsewhere, "", &hosts).await.code(0).says(&["stored"]);
}

#[tokio::test]
async fn what_is_no_redis_is_told() {
    let desk = crate::support::server::answers("text/plain", "hello").await;
    let body = "export default async function () {
        await client.sendCommand('GET / HTTP/1.1\\r\\n\\r\\n').catch((error) => console.log(error.message));
      }";
    let end = run(&format!("redis://{desk}?read_timeout=5s"), "", body).await.code(0);
    end.says(&[&format!("redis at {desk}: the answer is not Redis's protocol")]);
}
