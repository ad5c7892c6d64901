#include "ui/widgets/stall_watchdog.h"

#include <QMetaObject>

#include <algorithm>

namespace ui {
namespace {

constexpr std::chrono::milliseconds kPause{20}; // between an answer and the next question
constexpr std::chrono::milliseconds kNotable{50}, kSevere{100};

std::int64_t secondOf(std::chrono::steady_clock::time_point time)
{
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

} // namespace

StallWatchdog::StallWatchdog(QObject* parent)
    : QObject(parent)
    , m_thread([this](std::stop_token stop) { run(stop); })
{
}

StallWatchdog::~StallWatchdog()
{
    m_thread.request_stop();
    m_thread.join();
}

void StallWatchdog::run(std::stop_token stop)
{
    std::unique_lock lock(m_mutex);
    while (!stop.stop_requested()) {
        const auto question = ++m_question;
        m_askedAt = Clock::now();
        m_waiting = true;
        lock.unlock();
        QMetaObject::invokeMethod(this, [this, question] { answer(question); }, Qt::QueuedConnection);
        lock.lock();
        m_answered.wait(lock, stop, [&] { return m_lastAnswer >= question; });
        m_answered.wait_for(lock, stop, kPause, [] { return false; });
    }
}

void StallWatchdog::answer(std::uint64_t question)
{
    {
        const std::scoped_lock lock(m_mutex);
        m_lastAnswer = question;
        m_waiting = false;
        record(m_askedAt, Clock::now());
    }
    m_answered.notify_all();
}

void StallWatchdog::record(Clock::time_point asked, Clock::time_point answered)
{
    const auto stall = std::chrono::duration_cast<std::chrono::microseconds>(answered - asked);
    const auto number = secondOf(answered);
    auto& second = m_seconds[std::size_t(number) % m_seconds.size()];
    if (second.number != number) second = {number, std::chrono::microseconds(0)};
    second.worst = std::max(second.worst, stall);
    ++m_answers;
    m_over50 += stall > kNotable;
    m_over100 += stall > kSevere;
}

std::chrono::microseconds StallWatchdog::worstOfLastMinute() const
{
    const std::scoped_lock lock(m_mutex);
    const auto now = Clock::now();
    auto worst = m_waiting ? std::chrono::duration_cast<std::chrono::microseconds>(now - m_askedAt)
                           : std::chrono::microseconds(0);
    for (const auto& second : m_seconds)
        if (second.number > secondOf(now) - std::int64_t(m_seconds.size())) worst = std::max(worst, second.worst);
    return worst;
}

std::int64_t StallWatchdog::answers() const
{
    const std::scoped_lock lock(m_mutex);
    return m_answers;
}

std::int64_t StallWatchdog::stallsOver(std::chrono::milliseconds limit) const
{
    const std::scoped_lock lock(m_mutex);
    return limit < kSevere ? m_over50 : m_over100;
}

} // namespace ui
