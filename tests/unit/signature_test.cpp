// Signatures group dead letters: equal for the same cause, and always storable.
#include <QTest>

#include "backend/queue/signature.h"

using namespace backend;

namespace tests {

class SignatureTest : public QObject
{
    Q_OBJECT

private slots:
    void dropsWhatDiffers_data();
    void dropsWhatDiffers();
    void isShortAndValid();
    void storableErrors();
};

void SignatureTest::dropsWhatDiffers_data()
{
    QTest::addColumn<std::string>("message");
    QTest::addColumn<std::string>("signature");
    QTest::newRow("plain") << std::string("the disk is full") << std::string("the disk is full");
    QTest::newRow("number") << std::string("user 4711 is gone") << std::string("user # is gone");
    QTest::newRow("number at both ends") << std::string("17 of 23") << std::string("# of #");
    QTest::newRow("decimals") << std::string("after 1.5 s, 1,024 bytes.")
                              << std::string("after # s, # bytes.");
    QTest::newRow("node") << std::string("on redis-3:") << std::string("on redis-#:");
    QTest::newRow("schema") << std::string("posts_0017.posts") << std::string("posts_#.posts");
    QTest::newRow("double quotes") << std::string("relation \"posts_0017\" is gone")
                                   << std::string("relation \"…\" is gone");
    QTest::newRow("single quotes") << std::string("near 'x y'; stop") << std::string("near \"…\"; stop");
    QTest::newRow("backquotes") << std::string("run `psql`") << std::string("run \"…\"");
    QTest::newRow("apostrophe") << std::string("the node's disk isn't there")
                                << std::string("the node's disk isn't there");
    QTest::newRow("unclosed quote") << std::string("near \"x 1") << std::string("near \"x #");
    QTest::newRow("uuid") << std::string("job 123e4567-e89b-12d3-a456-426614174000 failed")
                          << std::string("job # failed");
    QTest::newRow("hash") << std::string("file deadbeef01 differs") << std::string("file # differs");
    QTest::newRow("address") << std::string("at 0x7ffdA0 in x") << std::string("at # in x");
    QTest::newRow("hexadecimal word")
        << std::string("a facade, decade, defaced") << std::string("a facade, decade, defaced");
    QTest::newRow("empty") << std::string() << std::string();
}

void SignatureTest::dropsWhatDiffers()
{
    QFETCH(std::string, message);
    QFETCH(std::string, signature);
    QCOMPARE(errorSignature(message), signature);
}

void SignatureTest::isShortAndValid()
{
    std::string birds;
    for (int i = 0; i < 200; ++i)
        birds += "🐦";
    for (int shift = 0; shift < 4; ++shift) {
        const auto signature = errorSignature(std::string(std::size_t(shift), 'a') + birds);
        QVERIFY(signature.size() <= 200 && signature.size() > 196);
        QVERIFY(!QString::fromStdString(signature).contains(QChar::ReplacementCharacter));
    }
    QCOMPARE(errorSignature(std::string("a\xff\xc3(b")), std::string("a?"
                                                                     "?(b"));
}

void SignatureTest::storableErrors()
{
    QCOMPARE(storableError("Grüße 🐦"), std::string("Grüße 🐦"));
    QCOMPARE(storableError(std::string_view("a\0b", 3)), std::string("a?b"));
    QCOMPARE(storableError("\xed\xa0\x80 \xc0\x80 \xf5\x80\x80\x80"),
             std::string("??? ?? ????")); // surrogate, overlong, too large
    QCOMPARE(storableError("cut \xf0\x9f\x90"), std::string("cut ???"));
    QCOMPARE(storableError(std::string(9'999, 'x')).size(), std::size_t(4'000));
}

} // namespace tests

QTEST_GUILESS_MAIN(tests::SignatureTest)
#include "signature_test.moc"
