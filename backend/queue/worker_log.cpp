#include "backend/queue/worker_log.h"

#include <algorithm>
#include <cmath>

namespace backend {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

std::int64_t secondOf(TimePoint at)
{
    return std::chrono::floor<seconds>(at.time_since_epoch()).count();
}

TimePoint beginOf(std::int64_t second)
{
    return TimePoint(seconds(second));
}

} // namespace

std::size_t WorkerLog::partOf(const Deed& deed)
{
    if (deed.state == WorkerState::Paused) return kTaskKinds.size();
    if (deed.state == WorkerState::Waiting) return kTaskKinds.size() + 1;
    const auto found = std::find(kTaskKinds.begin(), kTaskKinds.end(), deed.kind);
    return found == kTaskKinds.end() ? 0 : std::size_t(found - kTaskKinds.begin());
}

void WorkerLog::begin(const Deed& deed, TimePoint now)
{
    const std::lock_guard lock(m_mutex);
    close(now);
    m_open = Span{deed, now, now};
}

void WorkerLog::end(TimePoint now)
{
    const std::lock_guard lock(m_mutex);
    close(now);
}

void WorkerLog::came(TimePoint now)
{
    const std::lock_guard lock(m_mutex);
    if (m_since == TimePoint{}) m_since = m_spansSince = now;
    // Between two workers of this index nobody was there; that is shown as idle, since what both did counts.
    m_left.reset();
}

void WorkerLog::left(TimePoint now)
{
    const std::lock_guard lock(m_mutex);
    close(now);
    m_left = now;
}

void WorkerLog::close(TimePoint now)
{
    while (!m_spans.empty() && m_spans.back().begin > now)
        m_spans.pop_back(); // the clock was set back: what it said of later is void
    if (!m_open) return;
    auto span = std::move(*m_open);
    m_open.reset();
    span.end = std::max(now, span.begin); // the clock may have been set back
    m_used[partOf(span.deed)] += (span.end - span.begin).count();
    tally(span);
    m_spans.push_back(std::move(span));
    if (m_spans.size() > kSpans) {
        m_spansSince = m_spans.front().end;
        m_spans.pop_front();
    }
}

WorkerLog::Used WorkerLog::used(TimePoint now) const
{
    const std::lock_guard lock(m_mutex);
    auto out = m_used;
    if (m_open) out[partOf(m_open->deed)] += std::max<std::int64_t>(0, (now - m_open->begin).count());
    return out;
}

void WorkerLog::told(const Used& more, std::int64_t tasks, TimePoint from, TimePoint to)
{
    const std::lock_guard lock(m_mutex);
    if (m_since == TimePoint{}) m_since = from;
    m_spansSince = TimePoint::max();
    if (to <= from) return;
    while (!m_seconds.empty() && m_seconds.back().at > secondOf(to))
        m_seconds.pop_back(); // the clock was set back: what it said of later is void
    for (auto at = secondOf(from); at <= secondOf(to); ++at) {
        const auto part = std::min(to, beginOf(at + 1)) - std::max(from, beginOf(at));
        if (part.count() <= 0) continue;
        const double share = double(part.count()) / double((to - from).count());
        auto& second = secondAt(at);
        for (std::size_t i = 0; i < kParts; ++i)
            second.microseconds[i] += std::int32_t(std::lround(double(more[i]) * share));
        if (to <= beginOf(at + 1)) second.tasks += std::int32_t(tasks);
    }
    dropBefore(secondOf(to) - kLength.count());
}

void WorkerLog::dropBefore(std::int64_t second)
{
    while (!m_seconds.empty() && m_seconds.front().at < second)
        m_seconds.pop_front();
}

WorkerLog::Second& WorkerLog::secondAt(std::int64_t at)
{
    const auto found = std::lower_bound(m_seconds.begin(), m_seconds.end(), at,
                                        [](const Second& second, std::int64_t t) { return second.at < t; });
    if (found != m_seconds.end() && found->at == at) return *found;
    Second second;
    second.at = at;
    return *m_seconds.insert(found, second);
}

void WorkerLog::tally(const Span& span)
{
    const auto part = partOf(span.deed);
    const auto oldest = secondOf(span.end) - kLength.count();
    for (auto at = std::max(secondOf(span.begin), oldest); at <= secondOf(span.end); ++at) {
        const auto from = std::max(span.begin, beginOf(at)), to = std::min(span.end, beginOf(at + 1));
        auto& second = secondAt(at);
        second.microseconds[part] += std::int32_t((to - from).count());
        if (at == secondOf(span.end)) second.tasks += std::int32_t(span.deed.tasks);
    }
    dropBefore(oldest);
}

WorkerLane WorkerLog::lane(TimePoint begin, TimePoint end, TimePoint now, std::size_t most) const
{
    const std::lock_guard lock(m_mutex);
    WorkerLane out;
    out.since = std::max(m_since, now - kLength);
    out.until = m_left;
    end = std::min(end, now);
    if (end <= begin) return out;
    if (m_spansSince <= std::max(begin, m_since)) {
        out.spans = spansWithin(begin, end, now);
        if (out.spans.size() <= most) return out;
    }
    // The second under way is no part of any tally yet, and neither is what has not ended.
    auto exact = beginOf(secondOf(now));
    if (m_open) exact = std::min(exact, std::max(m_open->begin, begin));
    exact = std::max(beginOf(secondOf(exact)), begin);
    const auto span = std::chrono::ceil<seconds>(end - begin);
    const auto step =
        std::max(seconds(1), seconds((span.count() + std::int64_t(most) - 1) / std::int64_t(most)));
    out.tallies = talliesWithin(begin, std::min(end, exact), step);
    out.spans = spansWithin(exact, end, now);
    return out;
}

std::vector<WorkerSpan> WorkerLog::spansWithin(TimePoint begin, TimePoint end, TimePoint now) const
{
    std::vector<WorkerSpan> out;
    const auto add = [&](const Span& span, TimePoint until) {
        if (until < begin || span.begin >= end) return;
        out.push_back({span.begin, until, span.deed.state, span.deed.kind, span.deed.tasks,
                       std::string(span.deed.node)});
    };
    auto first = std::lower_bound(m_spans.begin(), m_spans.end(), begin,
                                  [](const Span& span, TimePoint at) { return span.end < at; });
    for (; first != m_spans.end(); ++first)
        add(*first, first->end);
    if (m_open) add(*m_open, std::max(now, m_open->begin));
    return out;
}

std::vector<WorkerTally> WorkerLog::talliesWithin(TimePoint begin, TimePoint end, seconds step) const
{
    std::vector<WorkerTally> out;
    std::array<std::int64_t, kParts> sum{};
    const auto finish = [&] {
        if (out.empty()) return;
        for (std::size_t part = 0; part < kParts; ++part) {
            if (sum[part] == 0) continue;
            const bool task = part < kTaskKinds.size();
            out.back().parts.push_back({task                        ? WorkerState::Running
                                        : part == kTaskKinds.size() ? WorkerState::Paused
                                                                    : WorkerState::Waiting,
                                        task ? kTaskKinds[part] : TaskKind::UserCreated,
                                        double(sum[part]) / 1e6});
        }
        std::stable_sort(out.back().parts.begin(), out.back().parts.end(),
                         [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
        sum = {};
    };
    for (const auto& second : m_seconds) {
        if (beginOf(second.at) < begin - seconds(1) || beginOf(second.at) >= end) continue;
        // Steps start at whole multiples, so that they stand still while the window moves.
        const auto start = beginOf(second.at - second.at % step.count());
        if (out.empty() || out.back().begin != start) {
            finish();
            out.push_back({start, std::min(start + step, end), {}, 0});
        }
        out.back().tasks += second.tasks;
        for (std::size_t part = 0; part < kParts; ++part)
            sum[part] += second.microseconds[part];
    }
    finish();
    return out;
}

} // namespace backend
