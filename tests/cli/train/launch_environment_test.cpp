#include "cli/train/launch_environment.h"

#include <gtest/gtest.h>

#include "common/refusal.h"

namespace anatomynet::cli {
namespace {

void expect_place(const Environment& variables, int rank, int size, int local_rank,
                  const std::string& address, int port) {
  const auto place = launch_place(variables);
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->rank, rank);
  EXPECT_EQ(place->size, size);
  EXPECT_EQ(place->local_rank, local_rank);
  EXPECT_EQ(place->address, address);
  EXPECT_EQ(place->port, port);
}

TEST(LaunchEnvironment, IsAloneWithoutALauncher) {
  EXPECT_FALSE(launch_place({}));
  EXPECT_FALSE(launch_place({{"MASTER_ADDR", "host"}, {"MASTER_PORT", "1234"}, {"LOCAL_RANK", "0"}}));
  EXPECT_FALSE(launch_place({{"RANK", "0"}, {"WORLD_SIZE", "1"}}));
  // A Slurm batch script's own shell has these, and is one process.
  EXPECT_FALSE(launch_place({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"SLURM_LOCALID", "0"}}));
}

TEST(LaunchEnvironment, ReadsTorchrun) {
  expect_place({{"RANK", "5"},
                {"WORLD_SIZE", "8"},
                {"LOCAL_RANK", "1"},
                {"LOCAL_WORLD_SIZE", "4"},
                {"MASTER_ADDR", "10.0.0.7"},
                {"MASTER_PORT", "4000"}},
               5, 8, 1, "10.0.0.7", 4000);
  expect_place({{"RANK", "1"}, {"WORLD_SIZE", "2"}}, 1, 2, 1, "127.0.0.1", 29500);
}

TEST(LaunchEnvironment, ReadsMpirun) {
  expect_place({{"OMPI_COMM_WORLD_RANK", "2"},
                {"OMPI_COMM_WORLD_SIZE", "3"},
                {"OMPI_COMM_WORLD_LOCAL_RANK", "2"},
                {"OMPI_COMM_WORLD_LOCAL_SIZE", "3"}},
               2, 3, 2, "127.0.0.1", 29500);
  expect_place({{"PMI_RANK", "1"}, {"PMI_SIZE", "4"}, {"MPI_LOCALRANKID", "0"}, {"MASTER_ADDR", "n1"}}, 1, 4,
               0, "n1", 29500);
}

TEST(LaunchEnvironment, ReadsSrun) {
  Environment step{{"SLURM_STEP_ID", "0"},
                   {"SLURM_PROCID", "3"},
                   {"SLURM_NTASKS", "4"},
                   {"SLURM_LOCALID", "1"},
                   {"SLURM_STEP_NUM_NODES", "2"},
                   {"SLURM_STEP_NODELIST", "gpu[07-08],x"},
                   {"SLURM_NTASKS_PER_NODE", "2(x2)"}};
  expect_place(step, 3, 4, 1, "gpu07", 29500);
  step["SLURM_STEP_NODELIST"] = "a,b";
  expect_place(step, 3, 4, 1, "a", 29500);
  step["SLURM_STEP_NODELIST"] = "rack[3]-node[1,2]";
  step["MASTER_ADDR"] = "b";
  expect_place(step, 3, 4, 1, "b", 29500);
  step.erase("MASTER_ADDR");
  step["SLURM_STEP_NUM_NODES"] = "1";
  expect_place(step, 3, 4, 1, "127.0.0.1", 29500);
}

// torchrun in each task of srun: the task's own number is another one.
TEST(LaunchEnvironment, PrefersTorchrunToSlurm) {
  expect_place({{"RANK", "5"},
                {"WORLD_SIZE", "8"},
                {"SLURM_STEP_ID", "0"},
                {"SLURM_PROCID", "1"},
                {"SLURM_NTASKS", "2"},
                {"LOCAL_RANK", "1"}},
               5, 8, 1, "127.0.0.1", 29500);
}

TEST(LaunchEnvironment, TakesATimeout) {
  Environment two{{"RANK", "1"}, {"WORLD_SIZE", "2"}};
  EXPECT_EQ(launch_place(two)->timeout, std::chrono::seconds(300));
  two["ANATOMYNET_PROCESS_TIMEOUT"] = "20";
  EXPECT_EQ(launch_place(two)->timeout, std::chrono::seconds(20));
}

TEST(LaunchEnvironment, NamesTheVariableThatIsWrong) {
  const auto refused = [](std::initializer_list<std::string> parts, const Environment& variables) {
    test::expect_refused(ErrorKind::usage, parts, [&] { launch_place(variables); });
  };
  refused({"RANK is set", "WORLD_SIZE is not"}, {{"RANK", "0"}});
  refused({"WORLD_SIZE is set", "RANK is not"}, {{"WORLD_SIZE", "2"}});
  refused({"PMI_SIZE is not"}, {{"PMI_RANK", "0"}});
  refused({"SLURM_NTASKS is not"}, {{"SLURM_STEP_ID", "0"}, {"SLURM_PROCID", "0"}});
  for (const char* rank : {"", "x", "-1", "1.5", "2 ", "99999999999999999999"})
    refused({std::string("RANK=") + rank}, {{"RANK", rank}, {"WORLD_SIZE", "2"}});
  refused({"WORLD_SIZE=0"}, {{"RANK", "0"}, {"WORLD_SIZE", "0"}});
  refused({"RANK=2", "below WORLD_SIZE=2"}, {{"RANK", "2"}, {"WORLD_SIZE", "2"}});
  refused({"LOCAL_RANK=1", "below LOCAL_WORLD_SIZE=1"},
          {{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "1"}});
  refused({"MASTER_PORT=70000"}, {{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "70000"}});
  refused({"ANATOMYNET_PROCESS_TIMEOUT=0"},
          {{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"ANATOMYNET_PROCESS_TIMEOUT", "0"}});
  refused(
      {"MASTER_ADDR is not set", "several hosts"},
      {{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
  refused({"WORLD_SIZE=2", "contradicts OMPI_COMM_WORLD_SIZE=3"},
          {{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "3"}});
  refused({"RANK=0", "contradicts OMPI_COMM_WORLD_RANK=1"},
          {{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}});
}

}  // namespace
}  // namespace anatomynet::cli
