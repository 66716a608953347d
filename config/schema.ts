import { z } from "zod";
import { Address, ClusterName, Duration, KubernetesJob, JobPath } from "./source";
