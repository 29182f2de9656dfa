// Certificates of a test's own, made when it begins, in a folder of its own.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace probate::test {

// Files: ca.pem, which signed server.pem (for broker.lab and 127.0.0.1) and client.pem, each with
// its .key; other-ca.pem, which signed nothing.
class Certificates {
 public:
  Certificates() {
    std::string pattern = std::filesystem::temp_directory_path() / "probate-certificates-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    const Key ca = make_key();
    const Certificate authority = make(ca.get(), "ca", nullptr, ca.get(), "");
    write("ca", authority.get(), nullptr);
    for (const char* name : {"server", "client"}) {
      const Key key = make_key();
      const bool is_server = std::string{name} == "server";
      write(name,
            make(key.get(), name, authority.get(), ca.get(),
                 is_server ? "DNS:broker.lab,IP:127.0.0.1" : "")
                .get(),
            key.get());
    }
    const Key other = make_key();
    write("other-ca", make(other.get(), "other", nullptr, other.get(), "").get(), nullptr);
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string pem(const char* name) const { return folder_ / (std::string{name} + ".pem"); }
  std::string key(const char* name) const { return folder_ / (std::string{name} + ".key"); }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
  using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

  static Key make_key() { return {EVP_EC_gen("P-256"), &EVP_PKEY_free}; }

  // Without an issuer it signs itself, and may sign others.
  static Certificate make(EVP_PKEY* key, const char* name, X509* issuer, EVP_PKEY* signer,
                          const char* names) {
    Certificate made{X509_new(), &X509_free};
    X509_set_version(made.get(), X509_VERSION_3);
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509* const by = issuer == nullptr ? made.get() : issuer;
    X509_set_issuer_name(made.get(), X509_get_subject_name(by));
    add(made.get(), by, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (*names != '\0') add(made.get(), by, NID_subject_alt_name, names);
    EXPECT_GT(X509_sign(made.get(), signer, EVP_sha256()), 0);
    return made;
  }

  static void add(X509* to, X509* issuer, int what, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    ASSERT_NE(extension, nullptr);
    X509_add_ext(to, extension, -1);
    X509_EXTENSION_free(extension);
  }

  void write(const char* name, X509* certificate, EVP_PKEY* private_key) const {
    const File file{std::fopen(pem(name).c_str(), "w"), &std::fclose};
    EXPECT_EQ(PEM_write_X509(file.get(), certificate), 1);
    if (private_key == nullptr) return;
    const File secret{std::fopen(key(name).c_str(), "w"), &std::fclose};
    EXPECT_EQ(
        PEM_write_PrivateKey(secret.get(), private_key, nullptr, nullptr, 0, nullptr, nullptr), 1);
  }

  std::filesystem::path folder_;
};

}  // namespace probate::test
