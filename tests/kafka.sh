# One Apache Kafka broker for the tests, sourced by run.sh: its jars from Maven Central, pinned by version and checksum in
# kafka.sha256 (paths below the repository's root), kept in target/kafka; a node in KRaft mode on a free port of
# 127.0.0.1, with its data in the temporary directory of the run.
#
#   KULTA_TEST_KAFKA     host:port of a running broker to use instead; where the tests find the broker
#   KULTA_TEST_KAFKA_TLS host:port of the same broker where it speaks TLS and asks for a password: user kulta, password
#                        kulta-test, SCRAM-SHA-512
#   KULTA_TEST_KAFKA_CA  the certificate to check it against
#   KULTA_TEST_MAVEN     another Maven repository to fetch from

kafka_jars=$root/target/kafka
kafka_pins=$root/tests/kafka.sha256
kafka_pid=''

# Tests that need a broker are all in the binary `it`.
wants_kafka() {
    local argument before=''
    for argument in "$@"; do
        case $before in
        --test) [[ $argument == it ]] || return 1 ;;
        -p | --package) [[ $argument == kulta ]] || return 1 ;;
        esac
        case $argument in
        --) break ;;
        --lib | --doc | --bins | --benches) return 1 ;;
        esac
        before=$argument
    done
}

has_java() {
    command -v java >/dev/null || return 1
    local version
    version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
    [[ ${version:-0} -ge 17 ]]
}

require_java() {
    has_java && return
    if is_root && is_debian; then
        apt_install openjdk-17-jre-headless
        has_java || die 'openjdk-17-jre-headless is installed, but java is not on the PATH or older than 17'
    else
        die 'Java 17 or newer is missing (Debian: package openjdk-17-jre-headless):' \
            'install it, or name a broker in KULTA_TEST_KAFKA, and run this again'
    fi
}

kafka_jars_are_there() { (cd -- "$kafka_jars" && sha256sum --check --quiet --strict "$kafka_pins") >/dev/null 2>&1; }

require_kafka_jars() {
    mkdir -p -- "$kafka_jars"
    kafka_jars_are_there && return
    if ! command -v curl >/dev/null; then
        is_root && is_debian || die 'curl is missing: install it, run this again'
        apt_install ca-certificates curl
    fi
    local repository=${KULTA_TEST_MAVEN:-https://repo.maven.apache.org/maven2} path
    say "fetching Apache Kafka from $repository into $kafka_jars"
    while read -r _ path; do
        [[ -e $kafka_jars/$path ]] || printf 'url = "%s/%s"\noutput = "%s"\n' "$repository" "$path" "$kafka_jars/$path"
    done <"$kafka_pins" |
        curl --fail --no-progress-meter --show-error --location --retry 3 --parallel --create-dirs --config - || true
    kafka_jars_are_there && return
    # What is damaged is fetched anew by the next run.
    (cd -- "$kafka_jars" && sha256sum --check --quiet "$kafka_pins" 2>/dev/null) |
        sed -n 's/: FAILED$//p' | (cd -- "$kafka_jars" && xargs -r rm -f --) || true
    die 'the jars of Apache Kafka could not be fetched, or are not what kafka.sha256 says: run this again'
}

kafka_java() {
    local class_path
    class_path=$(cut -d ' ' -f 3 "$kafka_pins" | sed "s|^|$kafka_jars/|" | paste -s -d :)
    exec java -Xmx512m -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$class_path" "$@"
}

# A key of its own for the broker's TLS, and the certificate for its clients.
make_kafka_key() {
    local store=(-alias kafka -keystore "$work/kafka.p12" -storepass kulta-test)
    rm -f -- "$work/kafka.p12"
    keytool -genkeypair "${store[@]}" -storetype PKCS12 -keyalg EC -validity 30 -dname CN=kulta-test \
        -ext san=ip:127.0.0.1 </dev/null &&
        keytool -exportcert -rfc "${store[@]}" -file "$work/kafka.pem" </dev/null
}

configure_kafka() {
    local port=$1
    cat >"$work/kafka.properties" <<CONF
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1)),SASL_SSL://127.0.0.1:$((port + 2))
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
controller.quorum.bootstrap.servers=127.0.0.1:$((port + 1))
log.dirs=$work/kafka
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
auto.create.topics.enable=false
message.max.bytes=33554432
ssl.keystore.type=PKCS12
ssl.keystore.location=$work/kafka.p12
ssl.keystore.password=kulta-test
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
CONF
}

# Starts the broker on three free ports: in the clear, for its controller, and with TLS.
start_kafka() {
    kafka_port=$((20000 + RANDOM % 12000))
    while port_is_taken "$kafka_port" || port_is_taken "$((kafka_port + 1))" || port_is_taken "$((kafka_port + 2))"; do
        kafka_port=$((20000 + RANDOM % 12000))
    done
    rm -rf -- "$work/kafka"
    configure_kafka "$kafka_port"
    {
        make_kafka_key &&
            (kafka_java kafka.tools.StorageTool format --standalone -t AAAAAAAAAAAAAAAAAAAAAQ \
                --add-scram 'SCRAM-SHA-512=[name=kulta,password=kulta-test]' -c "$work/kafka.properties" </dev/null)
    } >"$work/kafka.log" 2>&1 || {
        cat -- "$work/kafka.log" >&2
        die 'the directory of the broker could not be made'
    }
    (kafka_java kafka.Kafka "$work/kafka.properties") </dev/null >>"$work/kafka.log" 2>&1 &
    kafka_pid=$!
}

kafka_runs() { kill -0 "$kafka_pid" 2>/dev/null; }

# Waits until the broker takes connections; false when it has ended instead.
await_kafka() {
    local deadline=$((SECONDS + start_timeout_s))
    while kafka_runs; do
        if port_is_taken "$kafka_port"; then
            export KULTA_TEST_KAFKA=127.0.0.1:$kafka_port KULTA_TEST_KAFKA_TLS=127.0.0.1:$((kafka_port + 2))
            export KULTA_TEST_KAFKA_CA=$work/kafka.pem
            say "Apache Kafka answers on $KULTA_TEST_KAFKA"
            return 0
        fi
        [[ $SECONDS -lt $deadline ]] || return 1
        sleep 0.1
    done
    return 1
}

stop_kafka() {
    [[ -n $kafka_pid ]] || return 0
    kill -9 "$kafka_pid" 2>/dev/null || true
    wait "$kafka_pid" 2>/dev/null || true
    kafka_pid=''
}

own_kafka() {
    local attempt
    require_java
    require_kafka_jars
    for attempt in 1 2 3; do
        start_kafka
        await_kafka && return
        say "Apache Kafka did not start on port $kafka_port (attempt $attempt)"
        stop_kafka
    done
    tail -n 20 -- "$work/kafka.log" >&2 || true
    die 'Apache Kafka does not start'
}
