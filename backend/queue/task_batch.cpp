#include "backend/queue/task_batch.h"

#include "backend/common/fault_points.h"
#include "backend/common/log.h"
#include "backend/queue/task_outcomes.h"

#include <algorithm>

namespace backend {
namespace {

using namespace std::chrono_literals;

constexpr auto kCallSpan = 5s; // of one queue statement
constexpr auto kCallSpanStopping = 500ms;
constexpr auto kUncountedLongest = 5s; // between tries while a node is away
constexpr int kAgePart = 8;            // of a task's age: its wait while a node is away
// What is parked for a node is tried anyway after so long: in case another one has lost meanwhile what it
// had.
constexpr std::chrono::milliseconds kParkedShortest = 3h, kParkedLongest = 6h;

// Not the task's fault: nothing but its expiry, a day after its first run, ends such tries.
bool countsAttempt(const Error& error)
{
    switch (error.code) {
    case ErrorCode::Unavailable:
    case ErrorCode::StaleShardMap:
    case ErrorCode::DeadlineExceeded: // a node that is silent
    case ErrorCode::Overloaded:
    case ErrorCode::DiskFull:
    case ErrorCode::Cancelled:
    case ErrorCode::SchemaTooNew: // an engine of a newer program does it
        return false;
    default:
        return true;
    }
}

bool succeeded(const TaskOutcome& outcome)
{
    return outcome.status.has_value();
}
bool leftToOthers(const TaskOutcome& outcome)
{
    return !outcome.status && outcome.status.error().code == ErrorCode::LeaseLost;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from)
{
    to.insert(to.end(), from.begin(), from.end());
}

} // namespace

TaskBatch::TaskBatch(const BatchSource& source, const Surroundings& surroundings, std::stop_token stop)
    : m_source(source)
    , m_around(surroundings)
    , m_stop(std::move(stop))
{
}

Deadline TaskBatch::deadline() const
{
    return Deadline::after(m_stop.stop_requested() ? std::chrono::milliseconds(kCallSpanStopping)
                                                   : kCallSpan);
}

Result<void> TaskBatch::run(std::vector<Task> tasks)
{
    ROOKERY_TRY(giveBackWhatDoesNotFit(tasks));
    m_around.held.hold(m_source.node, tasks);
    const auto all = groups(std::move(tasks));
    Result<void> result;
    for (std::size_t i = 0; i < all.size() && result; ++i) {
        if (m_stop.stop_requested()) {
            result = release({all.begin() + std::ptrdiff_t(i), all.end()});
            break;
        }
        result = runGroup(all[i]);
    }
    m_around.held.clear();
    return result;
}

// A worker that holds tasks for long keeps others, that came later and are small, waiting.
Result<void> TaskBatch::giveBackWhatDoesNotFit(std::vector<Task>& tasks)
{
    const auto fitting = m_around.pace.fitting(tasks);
    if (fitting == tasks.size()) return {};
    const std::vector<Group> rest{{tasks.begin() + std::ptrdiff_t(fitting), tasks.end()}};
    tasks.resize(fitting);
    return release(rest);
}

// One group per kind, those that take the least time first. Tasks that outlived more leases than they
// have attempts may be what kills engines: each is run alone, last, in random order, so that the innocent
// ones get through.
std::vector<TaskBatch::Group> TaskBatch::groups(std::vector<Task> tasks)
{
    std::vector<Group> out, suspects;
    for (auto& task : tasks) {
        if (task.attempts > m_around.options.attempts) {
            suspects.push_back({std::move(task)});
            continue;
        }
        auto group =
            std::find_if(out.begin(), out.end(), [&](const Group& g) { return g[0].kind == task.kind; });
        if (group == out.end()) group = out.insert(out.end(), Group{});
        group->push_back(std::move(task));
    }
    const auto time = [&](const Group& group) {
        return m_around.pace.perTask(group[0].kind) * double(group.size());
    };
    std::stable_sort(out.begin(), out.end(),
                     [&](const Group& a, const Group& b) { return time(a) < time(b); });
    std::shuffle(suspects.begin(), suspects.end(), m_around.random);
    append(out, suspects);
    return out;
}

Result<void> TaskBatch::runGroup(const Group& claimed)
{
    Group group;
    std::copy_if(claimed.begin(), claimed.end(), std::back_inserter(group),
                 [&](const Task& task) { return !m_around.held.lost(task); });
    if (group.empty()) return {};
    m_around.status.running(group[0].kind, group.size(), m_source.nodeName);
    const auto begun = std::chrono::steady_clock::now();
    recordWaits(group);
    auto outcomes = handle(group);
    auto result = end(group, outcomes);
    const auto took = std::chrono::steady_clock::now() - begun;
    m_around.pace.ran(group[0].kind, group.size(), took);
    recordRun(group, took);
    m_enqueued = m_enqueued || std::any_of(outcomes.begin(), outcomes.end(),
                                           [](const auto& o) { return succeeded(o) && !o.children.empty(); });
    if (result) result = putBack(group, outcomes);
    m_around.status.ran();
    account(group, outcomes);
    m_around.held.drop(group);
    return result;
}

// Up to its claim by its node's clock, and the time since in this batch.
void TaskBatch::recordWaits(const Group& group)
{
    const auto kind = std::size_t(group[0].kind);
    if (kind >= m_around.metrics.taskWait.size()) return;
    const auto here =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - m_claimedAt);
    for (const auto& task : group)
        if (task.waited)
            m_around.metrics.taskWait[kind].record(
                std::max(std::chrono::microseconds(0), *task.waited + here));
}

void TaskBatch::recordRun(const Group& group, std::chrono::steady_clock::duration took)
{
    const auto kind = std::size_t(group[0].kind);
    if (kind < m_around.metrics.taskRun.size())
        m_around.metrics.taskRun[kind].record(std::chrono::duration_cast<std::chrono::microseconds>(took),
                                              std::int64_t(group.size()));
}

// Why a task must not be run any more.
std::optional<Error> TaskBatch::doom(const Task& task) const
{
    if (task.expired)
        return Error{ErrorCode::DeadlineExceeded,
                     "it was tried for a day without success; correct what stops it, then retry it", false};
    if (task.attempts > 2 * m_around.options.attempts)
        return Error{
            ErrorCode::Internal,
            "none of the workers that began it came back; look at what their engines died of, then retry it",
            false};
    return {};
}

std::vector<TaskOutcome> TaskBatch::handle(const Group& group)
{
    std::vector<Task> tasks;
    std::vector<TaskOutcome> all(group.size());
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (auto reason = doom(group[i])) {
            all[i].status = fail(std::move(*reason));
        } else {
            tasks.push_back(group[i]);
            places.push_back(i);
        }
    }
    if (tasks.empty()) return all;
    std::vector<TaskOutcome> outcomes;
    std::string reason = "did not answer for every task";
    try {
        outcomes =
            m_around.handlers.handle(tasks[0].kind, tasks, Deadline::after(m_around.options.batchTime));
    } catch (const std::exception& e) {
        outcomes.clear();
        reason = std::string("threw an exception: ") + e.what();
    } catch (...) {
        outcomes.clear();
        reason = "threw an exception of unknown type";
    }
    if (outcomes.size() != tasks.size()) {
        reason = "the handler of " + std::string(toString(tasks[0].kind)) + " " + reason;
        log::error(reason);
        outcomes = allFailed(tasks.size(), {ErrorCode::Internal, reason, false});
    }
    for (std::size_t i = 0; i < places.size(); ++i)
        all[places[i]] = std::move(outcomes[i]);
    return all;
}

// Ends what succeeded, all in one transaction if that goes, else one by one, so that one bad task does not
// hold the others. An outcome that could not be written becomes a failure.
Result<void> TaskBatch::end(const Group& group, std::vector<TaskOutcome>& outcomes)
{
    for (std::size_t i = 0; i < group.size(); ++i)
        if (m_around.held.lost(group[i]))
            outcomes[i].status =
                fail(ErrorCode::LeaseLost, "its lease lapsed and another worker has it", true);
    if (std::none_of(outcomes.begin(), outcomes.end(), succeeded)) return {};
    auto connection = m_source.connection.get(deadline());
    if (connection && endTogether(**connection, group, outcomes)) return {};
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (!succeeded(outcomes[i])) continue;
        if (connection && !(*connection)->usable()) connection = m_source.connection.get(deadline());
        const auto ended = connection ? endAlone(**connection, group[i], outcomes[i])
                                      : Result<void>(fail(connection.error()));
        if (!ended) outcomes[i].status = fail(ended.error());
    }
    if (!connection) return fail(std::move(connection.error()));
    return {};
}

Result<void> TaskBatch::endTogether(SqlConnection& connection, const Group& group,
                                    std::vector<TaskOutcome>& outcomes)
{
    std::vector<Task> done;
    std::vector<NewTask> children;
    std::vector<SqlStatement> completion;
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (!succeeded(outcomes[i])) continue;
        done.push_back(group[i]);
        append(children, outcomes[i].children);
        append(completion, outcomes[i].completion);
    }
    ROOKERY_FAULT_POINT("complete.before_commit");
    const auto ended =
        m_source.queue.completeAll(connection, done, children, std::move(completion), deadline());
    ROOKERY_FAULT_POINT("complete.after_commit");
    return ended;
}

Result<void> TaskBatch::endAlone(SqlConnection& connection, const Task& task, const TaskOutcome& outcome)
{
    const auto soon = deadline();
    ROOKERY_ASSIGN(auto transaction, SqlTransaction::begin(connection, soon));
    ROOKERY_TRY(m_source.queue.complete(connection, {&task, 1}, outcome.children, soon));
    if (!outcome.completion.empty()) ROOKERY_TRY(connection.executeAll(outcome.completion, soon));
    return transaction.commit(soon);
}

Result<void> TaskBatch::putBack(const Group& group, const std::vector<TaskOutcome>& outcomes)
{
    std::vector<TaskRetry> retries;
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (succeeded(outcomes[i]) || leftToOthers(outcomes[i])) continue;
        const auto& task = group[i];
        const auto& error = outcomes[i].status.error();
        const auto& awaits = outcomes[i].awaits;
        const bool counts = awaits.empty() && countsAttempt(error);
        if (task.expired || (counts && task.attempts >= m_around.options.attempts)) {
            ROOKERY_ASSIGN(auto* connection, m_source.connection.get(deadline()));
            ROOKERY_TRY(bury(*connection, task, error, retries));
        } else {
            retries.push_back({task, error, waitAfter(task, counts), counts, awaits, parkedFor()});
        }
    }
    if (retries.empty()) return {};
    ROOKERY_ASSIGN(auto* connection, m_source.connection.get(deadline()));
    const auto put = m_source.queue.retryLater(*connection, retries, deadline());
    if (put || put.error().code == ErrorCode::LeaseLost) return {};
    log::warning("failed tasks on " + m_source.nodeName +
                 " wait for their leases to lapse: " + put.error().message);
    return put;
}

// What cannot be buried yet goes to the retries instead. An error only when the node does not answer.
Result<void> TaskBatch::bury(SqlConnection& connection, const Task& task, Error error,
                             std::vector<TaskRetry>& retries)
{
    Result<void> ready;
    try {
        ready = m_around.handlers.beforeBury(task, deadline());
    } catch (const std::exception& e) {
        ready =
            fail(ErrorCode::Internal, std::string("preparing its burial threw an exception: ") + e.what());
    } catch (...) {
        ready = fail(ErrorCode::Internal, "preparing its burial threw an exception of unknown type");
    }
    if (!ready) {
        error.message = "failed for good (" + error.message + ") but waits, because " + ready.error().message;
        TaskRetry retry{task, std::move(error), m_around.options.backoff.wait(task.attempts, m_around.random),
                        false};
        if (const int node = ready.error().redisNode; node != 0) {
            retry.awaits = {node};
            retry.parked = parkedFor();
        }
        retries.push_back(std::move(retry));
        return {};
    }
    const auto buried = m_source.queue.bury(connection, task, error, deadline());
    if (buried)
        log::error("a task became a dead letter: " + std::string(toString(task.kind)) + " " +
                   std::to_string(task.ref.id) + " on " + m_source.nodeName + ": " + error.message);
    if (buried || buried.error().code == ErrorCode::LeaseLost) return {};
    return buried;
}

// Attempts that count back off exponentially. Others have no number to go by: they wait for a part of the
// task's age.
Milliseconds TaskBatch::waitAfter(const Task& task, bool counts)
{
    if (counts) return m_around.options.backoff.wait(std::max(1, task.attempts), m_around.random);
    const auto age =
        std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now() - task.createdAt);
    const auto longest = std::min<Milliseconds>(kUncountedLongest, m_around.options.backoff.longest);
    const auto whole = std::clamp(age / kAgePart, std::min(m_around.options.backoff.base, longest), longest);
    return Milliseconds(
        std::uniform_int_distribution<std::int64_t>(whole.count() / 2, whole.count())(m_around.random));
}

Milliseconds TaskBatch::parkedFor()
{
    return Milliseconds(std::uniform_int_distribution<std::int64_t>(kParkedShortest.count(),
                                                                    kParkedLongest.count())(m_around.random));
}

void TaskBatch::account(const Group& group, const std::vector<TaskOutcome>& outcomes)
{
    const auto done = std::count_if(outcomes.begin(), outcomes.end(), succeeded);
    const auto failed =
        std::int64_t(outcomes.size()) - done - std::count_if(outcomes.begin(), outcomes.end(), leftToOthers);
    const auto kind = std::size_t(group[0].kind);
    if (kind < m_around.metrics.tasksDone.size()) {
        m_around.metrics.tasksDone[kind].add(done);
        m_around.metrics.tasksFailed[kind].add(failed);
    }
    m_around.status.count(done, failed);
    const auto last = std::find_if(outcomes.begin(), outcomes.end(),
                                   [](const auto& o) { return !succeeded(o) && !leftToOthers(o); });
    m_around.status.setError(last == outcomes.end() ? std::string() : last->status.error().message);
}

Result<void> TaskBatch::release(std::span<const Group> groups)
{
    std::vector<Task> tasks;
    for (const auto& group : groups)
        append(tasks, group);
    ROOKERY_ASSIGN(auto* connection, m_source.connection.get(deadline()));
    return m_source.queue.release(*connection, tasks, deadline());
}

} // namespace backend
