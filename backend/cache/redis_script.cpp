#include "backend/cache/redis_client.h"

#include <array>
#include <openssl/evp.h>

namespace backend {

RedisScript::RedisScript(std::string text)
    : m_text(std::move(text))
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int bytes = 0;
    EVP_Digest(m_text.data(), m_text.size(), digest.data(), &bytes, EVP_sha1(), nullptr);
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned int i = 0; i < bytes; ++i) {
        m_sha1 += digits[digest[i] >> 4];
        m_sha1 += digits[digest[i] & 15];
    }
}

} // namespace backend
