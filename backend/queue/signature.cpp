#include "backend/queue/signature.h"

#include <algorithm>
#include <cstdint>

namespace backend {
namespace {

constexpr std::size_t kLongestError = 4'000;
constexpr std::size_t kLongestSignature = 200;
constexpr std::size_t kShortestHexId = 8;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
bool isHex(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool isWord(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The bytes of the UTF-8 character at the start; 0 when it is none that PostgreSQL takes.
std::size_t characterLength(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return lead == 0 ? 0 : 1;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
    std::uint32_t point = lead & (0x7fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if ((c & 0xc0) != 0x80) return 0;
        point = (point << 6) | (c & 0x3fu);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return overlong || surrogate || point > 0x10ffff ? 0 : length;
}

// Valid UTF-8 of at most `longest` bytes; ends between two characters.
std::string validText(std::string_view text, std::size_t longest)
{
    std::string out;
    while (!text.empty()) {
        const auto length = characterLength(text);
        const std::string_view piece = length > 0 ? text.substr(0, length) : "?";
        if (out.size() + piece.size() > longest) break;
        out += piece;
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

// The length of the quoted part at `at`, both quotes included; 0 when none starts there. A ' inside a word is
// an apostrophe.
std::size_t quotedLength(std::string_view text, std::size_t at)
{
    const char quote = text[at];
    if (quote != '"' && quote != '\'' && quote != '`') return 0;
    if (quote == '\'' && at > 0 && isWord(text[at - 1])) return 0;
    const auto end = text.find(quote, at + 1);
    return end == std::string_view::npos ? 0 : end + 1 - at;
}

// The length of the number or hexadecimal id at `at`; 0 when there is none.
std::size_t numberLength(std::string_view text, std::size_t at)
{
    std::size_t hex = at;
    bool digits = false;
    while (hex < text.size() && (isHex(text[hex]) || (text[hex] == '-' && hex > at)))
        digits |= isDigit(text[hex++]);
    while (hex > at && text[hex - 1] == '-')
        --hex;
    const bool wordEnds = hex == text.size() || !isWord(text[hex]);
    if (digits && wordEnds && hex - at >= kShortestHexId && (at == 0 || !isWord(text[at - 1])))
        return hex - at;

    std::size_t end = at;
    if (text.substr(at).starts_with("0x")) end += 2;
    while (end < text.size() &&
           (isDigit(text[end]) || (end > at + 1 && text[at + 1] == 'x' && isHex(text[end])) ||
            (end > at && (text[end] == '.' || text[end] == ',') && end + 1 < text.size() &&
             isDigit(text[end + 1]))))
        ++end;
    return end - at;
}

} // namespace

std::string errorSignature(std::string_view message)
{
    std::string out;
    for (std::size_t at = 0; at < message.size() && out.size() < kLongestSignature;) {
        if (const auto quoted = quotedLength(message, at); quoted > 0) {
            out += "\"…\"";
            at += quoted;
        } else if (const auto number = numberLength(message, at); number > 0) {
            out += '#';
            at += number;
        } else {
            out += message[at++];
        }
    }
    return validText(out, kLongestSignature);
}

std::string storableError(std::string_view message)
{
    return validText(message, kLongestError);
}

} // namespace backend
