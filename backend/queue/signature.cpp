#include "backend/queue/signature.h"

#include <cctype>

namespace backend {

std::string errorSignature(std::string_view message)
{
    constexpr std::size_t kLongest = 200;
    std::string out;
    for (std::size_t i = 0; i < message.size() && out.size() < kLongest;) {
        const char c = message[i];
        if (std::isdigit(static_cast<unsigned char>(c))) {
            while (i < message.size() && std::isdigit(static_cast<unsigned char>(message[i]))) ++i;
            out += '#';
        } else if (const auto end = c == '"' ? message.find('"', i + 1) : std::string_view::npos;
                   end != std::string_view::npos) {
            out += "\"…\"";
            i = end + 1;
        } else {
            out += c;
            ++i;
        }
    }
    return out;
}

} // namespace backend
