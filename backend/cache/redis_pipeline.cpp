#include "backend/cache/redis_pipeline.h"

#include "backend/cache/redis_encoding.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>

namespace backend {
namespace {

// One node's share on its way: connect, greet, send and read. Nothing in it waits.
class Progress
{
public:
    Progress(RedisPipeline& pipeline, std::vector<Result<RedisReply>>& replies, Milliseconds longestConnect,
             Deadline deadline)
        : m_pipeline(pipeline)
        , m_connection(*pipeline.connection)
        , m_replies(replies)
        , m_call(deadline)
        , m_begun(Deadline::Clock::now())
        , m_until(deadline.earlier(longestConnect))
    {
    }

    void start()
    {
        if (m_call.expired()) return end(tooLate("was not asked: the call's time was up before"));
        if (auto away = m_connection.away()) return end(std::move(*away)); // what it had is not to be trusted
        if (auto* silence = m_connection.silence()) {
            m_asking = silence->ask(m_begun);
            if (m_asking == Asking::Not && m_connection.hasty()) return end(silent());
        }
        if (m_connection.usable()) return beginCommands();
        if (const auto begun = m_connection.beginConnect(m_until); !begun) return lost(begun.error());
        m_phase = Phase::Connecting;
    }

    bool done() const { return m_phase == Phase::Done; }
    // When expireIfLate() is to be called at the latest.
    Deadline until() const
    {
        return m_connection.hasty() ? Deadline(std::min(m_until.at(), patientUntil(Deadline::Clock::now())))
                                    : m_until;
    }
    pollfd waitingFor() const
    {
        const bool writes = m_phase == Phase::Connecting || !m_unsent.empty();
        const bool reads = m_phase != Phase::Connecting;
        return {m_connection.socket(), short((writes ? POLLOUT : 0) | (reads ? POLLIN : 0)), 0};
    }

    void ready(short events)
    {
        if (m_phase == Phase::Connecting) return connected();
        if ((events & POLLOUT) != 0) push();
        if (!done() && (events & (POLLIN | POLLHUP | POLLERR)) != 0) pull();
    }

    void expireIfLate()
    {
        if (done()) return;
        const auto now = Deadline::Clock::now();
        const bool late = now >= m_until.at(), hasty = m_connection.hasty();
        if (!late && !hasty) return;
        if (m_connection.silence() && now >= patientUntil(now)) {
            m_connection.silence()->silent(now);
            if (hasty) return end(silent());
        }
        if (!late) return;
        lost(tooLate(m_phase == Phase::Commands ? "did not answer in time"
                                                : "did not accept a connection in time"));
    }

private:
    using Asking = RedisNodeSilence::Asking;
    enum class Phase { Connecting, Greeting, Commands, Done };

    Error tooLate(std::string_view what) const
    {
        return {ErrorCode::DeadlineExceeded,
                m_connection.described() + " " + std::string(what) +
                    "; it may be overloaded, paused or unreachable: look at the node, then try again",
                true};
    }

    // Of a node that has silence(): asked by many, it is given up by all at once.
    Deadline::Clock::time_point patientUntil(Deadline::Clock::time_point now) const
    {
        const auto own =
            m_asking == Asking::Again ? RedisNodeSilence::kPatience : RedisNodeSilence::kOwnPatience;
        return std::max(m_connection.silence()->patientUntil(now), m_begun + own);
    }

    Error silent() const
    {
        return {
            ErrorCode::Unavailable,
            m_connection.described() +
                " answers nobody at present; it may be overloaded, paused or unreachable: look at the node",
            true};
    }

    void connected()
    {
        const auto finished = m_connection.finishConnect();
        if (!finished) return lost(finished.error());
        if (!*finished) return;
        m_phase = Phase::Greeting;
        m_prelude = m_connection.greeting();
        m_unsent = m_prelude;
        m_preludeReplies = m_connection.greetingReplies();
        m_connection.sending(m_preludeReplies);
        push();
    }

    void beginCommands()
    {
        m_phase = Phase::Commands;
        m_until = m_call;
        m_prelude.clear();
        m_preludeSeen.clear();
        m_preludeReplies = 0;
        for (const auto* script : m_pipeline.scripts) {
            if (m_connection.knowsScript(script->sha1())) continue;
            const std::string_view words[]{"SCRIPT", "LOAD", script->text()};
            appendRedisCommand(m_prelude, words);
            ++m_preludeReplies;
        }
        m_connection.sending(m_preludeReplies + m_pipeline.slots.size());
        m_unsent = m_prelude;
        m_commandsBegun = false;
        push();
        endIfComplete();
    }

    void push()
    {
        for (;;) {
            if (m_unsent.empty() && m_phase == Phase::Commands && !m_commandsBegun) {
                m_unsent = m_pipeline.commands;
                m_commandsBegun = true;
                m_sentAt = Deadline::Clock::now();
            }
            if (m_unsent.empty()) return;
            const auto sent = m_connection.send(m_unsent);
            if (!sent) return sendingFailed(sent.error());
            m_unsent.remove_prefix(*sent);
            if (!m_unsent.empty()) return;
        }
    }

    // A server that refuses a connection says why before it closes; that may lie there to be read.
    void sendingFailed(const Error& error)
    {
        if (m_phase == Phase::Greeting) pull();
        if (!done()) lost(error);
    }

    void pull()
    {
        const auto received = m_connection.receive();
        if (!received) return lost(received.error());
        while (*received && !done()) {
            auto next = m_connection.next();
            if (next.failure) return lost(*next.failure);
            if (!next.reply) return;
            take(std::move(*next.reply), next.unknownScript);
        }
    }

    void take(Result<RedisReply>&& reply, bool unknownScript)
    {
        if (m_preludeSeen.size() < m_preludeReplies) {
            m_preludeSeen.push_back(std::move(reply));
            if (m_preludeSeen.size() == m_preludeReplies) preludeAnswered();
            return;
        }
        const auto slot = m_pipeline.slots[m_answered++];
        m_replies[slot] = std::move(reply);
        if (unknownScript) m_pipeline.unknownScript.push_back(slot);
        endIfComplete();
    }

    void preludeAnswered()
    {
        if (m_phase == Phase::Greeting) {
            if (const auto accepted = m_connection.acceptGreeting(m_preludeSeen, m_until); !accepted)
                return end(accepted.error());
            return beginCommands();
        }
        // A script that could not be loaded shows at its command.
        for (const auto& loaded : m_preludeSeen)
            if (loaded) m_connection.learnedScript(loaded->text);
        endIfComplete();
    }

    void endIfComplete()
    {
        if (m_phase == Phase::Commands && m_preludeSeen.size() == m_preludeReplies &&
            m_answered == m_pipeline.slots.size()) {
            m_phase = Phase::Done;
            m_pipeline.roundTrip = Deadline::Clock::now() - m_sentAt;
        }
    }

    // The node is away, or as good as away; unless who asked was in too much of a hurry to tell.
    void lost(Error error)
    {
        const bool wasPatient = Deadline::Clock::now() - m_begun >= RedisNodeSilence::kPatience;
        if (error.code == ErrorCode::Unavailable || (error.code == ErrorCode::DeadlineExceeded && wasPatient))
            m_connection.noticeAway(error);
        end(std::move(error));
    }

    void end(Error error)
    {
        if (m_phase == Phase::Greeting && !m_preludeSeen.empty() && !m_preludeSeen.front())
            error = m_preludeSeen.front().error();
        m_connection.close();
        m_phase = Phase::Done;
        m_pipeline.failure = error;
        while (m_answered < m_pipeline.slots.size())
            m_replies[m_pipeline.slots[m_answered++]] = fail(error);
    }

    RedisPipeline& m_pipeline;
    RedisConnection& m_connection;
    std::vector<Result<RedisReply>>& m_replies;
    Deadline m_call;
    Deadline::Clock::time_point m_begun;
    Asking m_asking = Asking::Freely;
    Deadline m_until;
    Phase m_phase = Phase::Connecting;
    std::string m_prelude; // greeting, later the scripts to load: sent and answered before the commands
    std::size_t m_preludeReplies = 0;
    std::vector<Result<RedisReply>> m_preludeSeen;
    std::string_view m_unsent;
    bool m_commandsBegun = false;
    Deadline::Clock::time_point m_sentAt;
    std::size_t m_answered = 0;
};

void waitAndServe(std::vector<Progress*>& open)
{
    std::vector<pollfd> waits;
    auto soonest = open.front()->until();
    for (const auto* progress : open) {
        waits.push_back(progress->waitingFor());
        if (progress->until().at() < soonest.at()) soonest = progress->until();
    }
    const auto left = std::chrono::ceil<Milliseconds>(soonest.at() - Deadline::Clock::now());
    const int timeout = int(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    if (poll(waits.data(), nfds_t(waits.size()), timeout) < 0 && errno != EINTR) return;
    for (std::size_t i = 0; i < open.size(); ++i) {
        if (waits[i].revents != 0) open[i]->ready(waits[i].revents);
        open[i]->expireIfLate();
    }
}

} // namespace

void runPipelines(std::span<RedisPipeline> pipelines, std::vector<Result<RedisReply>>& replies,
                  Milliseconds longestConnect, Deadline deadline)
{
    std::vector<Progress> all;
    all.reserve(pipelines.size());
    for (auto& pipeline : pipelines)
        all.emplace_back(pipeline, replies, longestConnect, deadline);
    for (auto& progress : all)
        progress.start();
    std::vector<Progress*> open;
    for (;;) {
        open.clear();
        for (auto& progress : all)
            if (!progress.done()) open.push_back(&progress);
        if (open.empty()) return;
        waitAndServe(open);
    }
}

} // namespace backend
