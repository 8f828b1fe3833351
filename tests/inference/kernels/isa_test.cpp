#include "inference/kernels/isa.h"

#include <gtest/gtest.h>

#include "common/refusal.h"
#include "inference/kernels/amx/tile_kernels.h"
#include "inference/kernels/channel_kernels.h"
#include "inference/kernels/winograd_kernels.h"

namespace anatomynet::inference {
namespace {

TEST(Isa, IsTheLesserOfTheCpuAndWhatIsAskedFor) {
  EXPECT_EQ(max_isa(nullptr, Isa::avx512), Isa::avx512);
  EXPECT_EQ(max_isa("generic", Isa::amx), Isa::generic);
  EXPECT_EQ(max_isa("avx2", Isa::amx), Isa::avx2);
  EXPECT_EQ(max_isa("avx512", Isa::amx), Isa::avx512);
  EXPECT_EQ(max_isa("amx", Isa::amx), Isa::amx);
  EXPECT_EQ(max_isa("amx", Isa::avx2), Isa::avx2);
}

TEST(Isa, RefusesOtherWords) {
  for (const char* word : {"", "AVX2", "avx", "avx512 ", "sse4", "0"})
    test::expect_refused(ErrorKind::usage, {"ANATOMYNET_MAX_ISA", "generic, avx2, avx512, amx"},
                         [&] { max_isa(word, Isa::amx); });
}

TEST(Isa, NamesAllThatThisCpuRuns) {
  const auto all = runnable_isas();
  EXPECT_EQ(all.front(), Isa::generic);
  EXPECT_EQ(all.back(), cpu_isa());
  for (const Isa isa : all) EXPECT_EQ(max_isa(name_of(isa), cpu_isa()), isa);
}

// A table that is asked for is the one that is given: tests of an instruction set test that one.
TEST(Isa, HasTablesOfItsOwn) {
  const auto all = runnable_isas();
  for (std::size_t i = 1; i < all.size() && all[i] <= Isa::avx512; ++i) {
    EXPECT_NE(&channel_kernels<float>(all[i]), &channel_kernels<float>(all[i - 1]));
    EXPECT_NE(&channel_kernels<Bfloat16>(all[i]), &channel_kernels<Bfloat16>(all[i - 1]));
    EXPECT_GT(winograd_kernels(all[i]).lanes, winograd_kernels(all[i - 1]).lanes);
  }
  EXPECT_EQ(winograd_kernels(Isa::generic).lanes, 4);
  EXPECT_EQ(&tile_kernels(false, TileEpilogue::bf16, Isa::avx2),
            &tile_kernels_generic(false, TileEpilogue::bf16));
}

}  // namespace
}  // namespace anatomynet::inference
