#include "backend/feed/post_authors.h"

#include <algorithm>

namespace backend {

std::vector<UserId> PostAuthors::of(std::span<const PostId> posts) const
{
    std::vector<UserId> authors;
    {
        const std::shared_lock lock(m_mutex);
        for (const auto post : posts)
            if (const auto found = m_authors.find(post); found != m_authors.end())
                authors.push_back(found->second);
    }
    std::sort(authors.begin(), authors.end());
    authors.erase(std::unique(authors.begin(), authors.end()), authors.end());
    return authors;
}

void PostAuthors::remember(const std::unordered_map<PostId, Post>& posts)
{
    {
        const std::shared_lock lock(m_mutex);
        if (std::all_of(posts.begin(), posts.end(),
                        [&](const auto& post) { return m_authors.contains(post.first); }))
            return;
    }
    const std::unique_lock lock(m_mutex);
    if (m_authors.size() + posts.size() > kMost) m_authors.clear();
    for (const auto& [id, post] : posts)
        m_authors.emplace(id, post.author);
}

} // namespace backend
