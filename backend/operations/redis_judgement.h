// What INFO and CONFIG GET of one Redis node mean: texts in, findings out, no node is asked; of a node of
// this machine the kernel's settings are looked at. Private to backend/operations; any thread.
#pragma once

#include "backend/cache/redis_info.h"
#include "backend/operations/examination.h"

#include <filesystem>

namespace backend {

struct RedisTexts
{
    using Words = RedisInfoWords;

    Words info, config; // config: empty when it cannot be read
};

// `throwAway`: a demo, whose nodes need neither a limit nor a file. `hostRoot`: where proc and sys of this
// machine are.
void judgeRedis(const RedisTexts& texts, const NodeEndpoint& node, bool throwAway,
                const std::filesystem::path& hostRoot, Findings& findings);

} // namespace backend
