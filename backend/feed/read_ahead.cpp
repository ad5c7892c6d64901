#include "backend/feed/read_ahead.h"

#include <algorithm>

namespace backend {
namespace {

std::size_t bytesOf(const ReadAhead::Window& window)
{
    std::size_t bytes = sizeof window + window.sources.size() * sizeof(PostSource);
    for (const auto& post : window.posts)
        bytes += sizeof post + post.body.capacity();
    return bytes;
}

} // namespace

bool ReadAhead::Window::continuedBy(PostId cursor) const
{
    return !posts.empty() && cursor <= before && cursor >= posts.back().id;
}

std::optional<std::span<const Post>> ReadAhead::Window::below(PostId cursor, int limit,
                                                              const std::vector<PostSource>& wanted) const
{
    if (lives.empty() || cursor > before || sources != wanted) return {};
    const auto first = std::find_if(posts.begin(), posts.end(), [&](const Post& p) { return p.id < cursor; });
    const auto there = std::size_t(posts.end() - first);
    if (there < std::size_t(limit) && !end) return {};
    return std::span(first, std::min(there, std::size_t(limit)));
}

std::shared_ptr<const ReadAhead::Window> ReadAhead::of(UserId reader, Clock::time_point now)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_byReader.find(reader);
    return found == m_byReader.end() || found->second->until <= now ? nullptr : found->second->window;
}

std::shared_ptr<const ReadAhead::Window> ReadAhead::keep(UserId reader, Window window,
                                                         const std::shared_ptr<const Window>& former,
                                                         Clock::time_point now)
{
    const auto bytes = bytesOf(window);
    auto shared = std::make_shared<const Window>(std::move(window));
    const std::lock_guard lock(m_mutex);
    const auto found = m_byReader.find(reader);
    if (former && (found == m_byReader.end() || found->second->window != former)) return shared;
    if (found != m_byReader.end()) drop(found->second);
    m_kept.push_front({reader, shared, bytes, now + m_age});
    m_byReader[reader] = m_kept.begin();
    m_used += bytes;
    while (!m_kept.empty() && (m_used > m_bytes || m_kept.back().until <= now))
        drop(std::prev(m_kept.end()));
    return shared;
}

void ReadAhead::drop(std::list<Kept>::iterator kept)
{
    m_used -= kept->bytes;
    m_byReader.erase(kept->reader);
    m_kept.erase(kept);
}

} // namespace backend
