#include "ui/widgets/stall_watchdog.h"

#include <QLoggingCategory>
#include <QMetaObject>

#include <pthread.h>

#include <algorithm>

namespace ui {

Q_LOGGING_CATEGORY(stallLog, "rookery.stall",
                   QtWarningMsg) // QT_LOGGING_RULES="rookery.stall=true" tells each stall

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
{
    if (pthread_getcpuclockid(pthread_self(), &m_workClock) != 0) m_workClock = CLOCK_PROCESS_CPUTIME_ID;
    m_thread = std::jthread([this](std::stop_token stop) { run(stop); });
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
        m_workAsked = work();
        m_waiting = true;
        lock.unlock();
        QMetaObject::invokeMethod(
            this, [this, question] { answer(question); }, Qt::QueuedConnection);
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
        if (question > m_excused) record(m_askedAt, Clock::now());
    }
    m_answered.notify_all();
}

void StallWatchdog::excuse()
{
    const std::scoped_lock lock(m_mutex);
    m_excused = m_question;
}

void StallWatchdog::record(Clock::time_point asked, Clock::time_point answered)
{
    const auto stall = std::chrono::duration_cast<std::chrono::microseconds>(answered - asked);
    const auto number = secondOf(answered);
    auto& second = m_seconds[std::size_t(number) % m_seconds.size()];
    if (second.number != number) second = {number, {}, {}};
    if (stall > second.worst) second = {number, stall, work() - m_workAsked};
    ++m_answers;
    if (stall > kNotable)
        qCInfo(stallLog, "%lld ms, own work %lld ms", (long long)(stall.count() / 1000),
               (long long)((work() - m_workAsked).count() / 1000));
    m_over50 += stall > kNotable;
    m_over100 += stall > kSevere;
}

std::chrono::microseconds StallWatchdog::work() const
{
    std::timespec time{};
    if (clock_gettime(m_workClock, &time) != 0) return {};
    return std::chrono::seconds(time.tv_sec) +
           std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds(time.tv_nsec));
}

StallWatchdog::Second StallWatchdog::worstSecond() const
{
    const std::scoped_lock lock(m_mutex);
    const auto now = Clock::now();
    Second worst;
    if (m_waiting && m_question > m_excused)
        worst = {0, std::chrono::duration_cast<std::chrono::microseconds>(now - m_askedAt),
                 work() - m_workAsked};
    for (const auto& second : m_seconds)
        if (second.number > secondOf(now) - std::int64_t(m_seconds.size()) && second.worst > worst.worst)
            worst = second;
    return worst;
}

std::chrono::microseconds StallWatchdog::worstOfLastMinute() const
{
    return worstSecond().worst;
}

std::chrono::microseconds StallWatchdog::workInWorstOfLastMinute() const
{
    return worstSecond().work;
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
