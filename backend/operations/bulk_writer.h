// Many users, follows or posts in few round trips. Everything may run again after a kill or a lost answer. Thread-safe.
#pragma once

#include "backend/engine.h"
#include "backend/feed/feed_services.h"

#include <span>

namespace backend {

class BulkWriter
{
public:
    explicit BulkWriter(const FeedServices& services) : m_services(services) {}

    [[nodiscard]] Result<BulkResult> createUsers(std::span<const BulkUser> users, Deadline deadline);
    [[nodiscard]] Result<BulkResult> follow(std::span<const BulkFollow> follows, Deadline deadline);
    [[nodiscard]] Result<BulkResult> post(std::span<const Post> posts, Deadline deadline);

private:
    Result<void> publishEmptyTimelines(std::span<const User> users, Deadline deadline);

    const FeedServices& m_services;
};

} // namespace backend
