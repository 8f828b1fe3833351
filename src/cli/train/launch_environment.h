#pragma once
#include <map>
#include <optional>
#include <string>

#include "training/distributed/process_place.h"

namespace anatomynet::cli {

using Environment = std::map<std::string, std::string>;

/// This process's environment variables.
Environment environment();

/// This process's place among those that a launcher started, from the first of these that is there:
///   RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE                         torchrun, or by hand
///   OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE                  Open MPI's mpirun
///   PMI_RANK, PMI_SIZE, MPI_LOCALRANKID, MPI_LOCALNRANKS                   MPICH's and Intel MPI's mpirun
///   SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID                              srun (with SLURM_STEP_ID)
/// They meet at MASTER_ADDR and MASTER_PORT. Without MASTER_ADDR: the first node of a Slurm step on many,
/// else 127.0.0.1; without MASTER_PORT: 29500. ANATOMYNET_PROCESS_TIMEOUT, in seconds, is how long a process
/// waits for the others (300). Nothing where this process is alone. Error(usage) naming the variable that is
/// missing, not a number, out of range, or contradicted by another.
std::optional<training::ProcessPlace> launch_place(const Environment& variables);

}  // namespace anatomynet::cli
