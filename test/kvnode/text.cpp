#include "kvnode/text.hpp"

#include <doctest/doctest.h>

using namespace kvnode;
using namespace std::string_literals;

TEST_CASE("percent-encoding is undone") {
  CHECK(percent_decoded("") == "");
  CHECK(percent_decoded("a+b") == "a+b");
  CHECK(percent_decoded("a%20b%2Fc%2fd") == "a b/c/d");
  CHECK(percent_decoded("%00%ff") == "\0\xff"s);
  CHECK(percent_decoded("%41") == "A");
  for (auto bad : {"%", "%4", "%4g", "%g4", "a%", "%%41", "% 41", "%-1"})
    CHECK_FALSE(percent_decoded(bad));
}

TEST_CASE("the parameters of a URL") {
  auto xs = query_string::parse("prefix=a%2Fb&start=x+y&live&limit=&limit=3&&");
  REQUIRE(xs);
  CHECK(xs->find("prefix") == "a/b");
  CHECK(xs->find("start") == "x y");
  CHECK(xs->find("live") == "");
  CHECK(xs->find("limit") == "");
  CHECK_FALSE(xs->find("other"));
  CHECK(query_string::parse("a=b=c")->find("a") == "b=c");
  CHECK_FALSE(query_string::parse("a=%"));
  CHECK_FALSE(query_string::parse("%x=1"));
}

TEST_CASE("numbers are whole, decimal and alone") {
  CHECK(parse_number("0") == 0);
  CHECK(parse_number("18446744073709551615") == ~uint64_t{0});
  for (auto bad :
       {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616"})
    CHECK_FALSE(parse_number(bad));
}

TEST_CASE("UTF-8 is told from other bytes (RFC 3629)") {
  for (auto good :
       {""s, "abc"s, "\0"s, "\xc3\xa4"s, "\xe2\x82\xac"s, "\xf0\x9f\x98\x80"s,
        "\xed\x9f\xbf"s, "\xf4\x8f\xbf\xbf"s, "x\xc2\x80y"s})
    CHECK(is_utf8(good));
  for (auto bad : {"\x80"s, "\xff"s, "\xc3"s, "\xc0\x80"s, "\xc1\xbf"s,
                   "\xe2\x82"s, "\xe0\x9f\xbf"s, "\xed\xa0\x80"s,
                   "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s,
                   "\xf5\x80\x80\x80"s, "\xc3\x41"s, "\xe2\x82\xc3\xa4"s})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("base64 (RFC 4648, section 10)") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xfb\xff\xfe") == "+//+");
}
