// What the server says and takes; docs/review.md has the whole interface.
import type { Box, Triple } from "../voxels/box";
import type { Grid } from "../voxels/grid";

export interface Flag {
  code: string;
  text: string;
}

export interface OrganInfo {
  id: number;
  name: string;
  label: string;
  colour: string;
  generation: "AUTOMATIC" | "SEMIAUTOMATIC" | "MANUAL";
  locked: boolean;
  flags: Flag[];
  box: Box | null;
  volume_ml: number;
  unsure: Triple[];
}

export interface Comparison {
  id: string;
  name: string;
  organs: OrganInfo[];
}

export interface Version {
  number: number;
  made: string;
  by: string;
  approved: boolean;
}

export interface CaseInfo {
  case: string;
  grid: Grid;
  ct: { min: number; max: number };
  slices_mm: number[] | null;
  organs: OrganInfo[];
  priority: number[];
  comparisons: Comparison[];
  versions: Version[];
  changed?: boolean; // since the last of them
  role: "edit" | "look";
  editor: string;
  looks_because?: string; // why nothing may be changed
  by?: string; // who saves: the account that is signed in
  token?: string; // what POSTs of the session carry
  revision: number;
  recontour?: { organs: number[]; model?: string; none_because: string }; // whose boxes the server contours anew
  notice: string;
}
