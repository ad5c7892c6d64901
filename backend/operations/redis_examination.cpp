// One Redis node: what INFO and CONFIG say, and whether this user may do what the engine does.
#include "backend/operations/examination.h"

#include "backend/cache/redis_address.h"
#include "backend/cache/redis_client.h"
#include "backend/operations/redis_judgement.h"

namespace backend {
namespace {

class RedisExamination
{
public:
    RedisExamination(const NodeEndpoint& node, const ExaminedCluster& cluster, const DoctorInputs& inputs,
                     const WallClock& clock, Deadline deadline)
        : m_node(node)
        , m_cluster(cluster)
        , m_inputs(inputs)
        , m_clock(clock)
        , m_deadline(deadline)
        , m_client({node})
        , m_findings(m_facts.findings)
    {
        m_facts.checkup.id = node.id;
        m_facts.checkup.name = m_findings.node = node.name;
        m_facts.checkup.kind = node.kind;
    }

    NodeFacts run()
    {
        const auto info =
            m_client.command(m_node.id, {"INFO"}, m_deadline.earlier(m_inputs.limits.nodePatience));
        if (!info) {
            m_findings.add(Severity::Error, "node.unreachable", info.error().message,
                           "until it answers, its readers' pages come from PostgreSQL; the rest of the "
                           "cluster works on");
            return std::move(m_facts);
        }
        m_texts.info = redisInfoWords(info->text);
        m_facts.checkup.answered = true;
        m_facts.checkup.version = "Redis " + m_texts.info["redis_version"];
        m_facts.server = m_texts.info["run_id"] + databaseOf();
        readConfig();
        judgeRedis(m_texts, m_node, m_cluster.throwAway, m_inputs.hostRoot, m_findings);
        checkRights();
        checkClock();
        return std::move(m_facts);
    }

private:
    std::string databaseOf() const
    {
        const auto address = parseRedisAddress(m_node.address);
        return address ? " database " + std::to_string(address->database) : "";
    }

    void readConfig()
    {
        const auto config = m_client.command(m_node.id, {"CONFIG", "GET", "*"}, m_deadline);
        if (!config) {
            m_findings.add(Severity::Note, "redis.config",
                           "its settings cannot be read: " + config.error().message,
                           "allow this user CONFIG GET, or check maxmemory-policy and "
                           "zset-max-listpack-entries by hand");
            return;
        }
        for (std::size_t i = 0; i + 1 < config->elements.size(); i += 2)
            m_texts.config.emplace(config->elements[i].text, config->elements[i + 1].text);
    }

    // The commands that the engine needs, each in a form that changes nothing: on a key that nobody has, only
    // if present.
    void checkRights()
    {
        const std::string key = "{0}:home:0";
        const std::vector<std::vector<std::string>> needed{{"ZADD", key, "XX", "0", "0"},
                                                           {"ZREM", key, "0"},
                                                           {"ZRANGE", key, "0", "0"},
                                                           {"ZRANGEBYSCORE", key, "0", "0"},
                                                           {"ZREMRANGEBYRANK", key, "0", "0"},
                                                           {"ZREMRANGEBYSCORE", key, "0", "0"},
                                                           {"ZCARD", key},
                                                           {"RENAME", key, key},
                                                           {"SET", key, "0", "XX"},
                                                           {"GET", "{0}:home-floor:0"},
                                                           {"MGET", "{0}:home-floor:0"},
                                                           {"EXISTS", key},
                                                           {"DEL", key},
                                                           {"UNLINK", key},
                                                           {"EVAL", "return 1", "0"},
                                                           {"SCRIPT", "EXISTS", "0"},
                                                           {"CLIENT", "KILL", "ID", "9223372036854775807"},
                                                           {"SCAN", "0", "COUNT", "1"},
                                                           {"MEMORY", "USAGE", key},
                                                           {"OBJECT", "ENCODING", key},
                                                           {"DBSIZE"}};
        RedisBatch batch(m_client);
        for (const auto& command : needed)
            batch.add(m_node.id, command);
        std::ignore = batch.run(m_deadline);
        std::string refused, first;
        for (std::size_t i = 0; i < needed.size(); ++i) {
            const auto& reply = batch.reply(i);
            if (reply || reply.error().message.find("no such key") != std::string::npos)
                continue; // RENAME finds none
            refused += (refused.empty() ? "" : ", ") + needed[i].front();
            if (first.empty()) first = reply.error().message;
        }
        if (!refused.empty())
            m_findings.add(Severity::Error, "redis.rights",
                           "the engine needs " + refused + " and is refused: " + first,
                           "let its user do so (ACL SETUSER), or lift what stands in the way");
    }

    void checkClock()
    {
        const auto reading = readClock(m_clock, [this]() -> Result<double> {
            ROOKERY_ASSIGN(const auto time, m_client.command(m_node.id, {"TIME"}, m_deadline));
            if (time.elements.size() != 2)
                return fail(ErrorCode::Internal, "TIME was answered with something else");
            return std::stod(time.elements[0].text) + std::stod(time.elements[1].text) / 1e6;
        });
        if (!reading) return m_findings.notMade("redis.clock", reading.error());
        m_facts.checkup.roundTripMs = reading->roundTripMs;
        m_facts.checkup.clockAheadMs = reading->aheadMs;
        m_facts.checkup.clockUncertaintyMs = reading->uncertaintyMs();
    }

    const NodeEndpoint& m_node;
    const ExaminedCluster& m_cluster;
    const DoctorInputs& m_inputs;
    const WallClock& m_clock;
    const Deadline m_deadline;
    RedisClient m_client;
    NodeFacts m_facts;
    Findings& m_findings;
    RedisTexts m_texts;
};

} // namespace

NodeFacts examineRedis(const NodeEndpoint& node, const ExaminedCluster& cluster, const DoctorInputs& inputs,
                       const WallClock& clock, Deadline deadline)
{
    return RedisExamination(node, cluster, inputs, clock, deadline).run();
}

} // namespace backend
