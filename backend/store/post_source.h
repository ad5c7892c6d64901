// Whose posts are read, and up to which id. Plain value.
#pragma once

#include "backend/domain/ids.h"

namespace backend {

struct PostSource
{
    // Implicit: mostly an author stands for all their posts.
    PostSource(UserId whose, PostId newest = {})
        : author(whose)
        , upTo(newest)
    {
    }
    bool operator==(const PostSource&) const = default;

    UserId author;
    PostId upTo; // inclusive; 0: to the newest
};

} // namespace backend
