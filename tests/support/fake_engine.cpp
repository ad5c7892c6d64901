// Script, record and failures of FakeEngine; its interfaces are in files of their own.
#include "tests/support/fake_engine.h"

namespace tests {

FakeEngine::FakeEngine()
    : m_snapshot(fakeSnapshot(1))
{
}

void FakeEngine::setSequenceAdvances(bool advances)
{
    const std::scoped_lock lock(m_mutex);
    m_sequenceAdvances = advances;
}

void FakeEngine::setSnapshot(backend::ClusterSnapshot snapshot)
{
    const std::scoped_lock lock(m_mutex);
    m_snapshot = std::move(snapshot);
}

void FakeEngine::setReadOnly(bool readOnly)
{
    const std::scoped_lock lock(m_mutex);
    m_readOnly = readOnly;
    m_snapshot.readOnly = readOnly;
}

void FakeEngine::failWith(const std::string& call, backend::Error error)
{
    const std::scoped_lock lock(m_mutex);
    m_failures[call] = std::move(error);
}

void FakeEngine::clearFailure(const std::string& call)
{
    const std::scoped_lock lock(m_mutex);
    m_failures.erase(call);
}

void FakeEngine::hold(const std::string& call)
{
    const std::scoped_lock lock(m_mutex);
    m_held.insert(call);
}

void FakeEngine::release(const std::string& call)
{
    const std::scoped_lock lock(m_mutex);
    m_held.erase(call);
    m_released.notify_all();
}

void FakeEngine::releaseAll()
{
    const std::scoped_lock lock(m_mutex);
    m_held.clear();
    m_released.notify_all();
}

std::vector<std::string> FakeEngine::calls() const
{
    const std::scoped_lock lock(m_mutex);
    return m_calls;
}

int FakeEngine::count(const std::string& call) const
{
    const std::scoped_lock lock(m_mutex);
    const auto found = m_counts.find(call);
    return found == m_counts.end() ? 0 : found->second;
}

int FakeEngine::asked() const
{
    const std::scoped_lock lock(m_mutex);
    int out = 0;
    for (const auto& [name, count] : m_counts)
        out += count;
    return out;
}

backend::ClusterSnapshot FakeEngine::lastSnapshot() const
{
    const std::scoped_lock lock(m_mutex);
    return m_snapshot;
}

std::optional<backend::Error> FakeEngine::enter(const std::string& name, const std::string& arguments) const
{
    std::unique_lock lock(m_mutex);
    ++m_counts[name];
    if (name != "snapshot" && name != "history")
        m_calls.push_back(arguments.empty() ? name : name + " " + arguments);
    const std::string exactly = name + " " + arguments;
    m_released.wait(
        lock, [&] { return !m_held.contains(name) && !m_held.contains(exactly) && !m_held.contains("*"); });
    for (const auto& key : {exactly, name, std::string("*")})
        if (const auto found = m_failures.find(key); found != m_failures.end()) return found->second;
    return std::nullopt;
}

backend::Result<void> FakeEngine::change(const std::string& name, const std::string& arguments)
{
    if (auto error = enter(name, arguments)) return backend::fail(*error);
    if (readOnly()) return backend::fail(backend::ErrorCode::ReadOnly, name + ": this engine is read-only");
    return {};
}

bool FakeEngine::readOnly() const
{
    const std::scoped_lock lock(m_mutex);
    return m_readOnly;
}

int FakeEngine::shardCount() const
{
    const std::scoped_lock lock(m_mutex);
    return m_snapshot.shardCount;
}

} // namespace tests
