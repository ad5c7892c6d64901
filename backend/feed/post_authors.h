// Who wrote which post, as this engine met them: that never changes, so it needs no expiry, and whoever asks
// the cache for a post's body asks for its author in the same round trip. Bounded; thread-safe.
#pragma once

#include "backend/domain/feed.h"

#include <mutex>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace backend {

class PostAuthors
{
public:
    // Of those posts that are known: ascending, each once.
    std::vector<UserId> of(std::span<const PostId> posts) const;
    void remember(const std::unordered_map<PostId, Post>& posts);

private:
    static constexpr std::size_t kMost = 100'000;

    mutable std::shared_mutex m_mutex;
    std::unordered_map<PostId, UserId> m_authors;
};

} // namespace backend
