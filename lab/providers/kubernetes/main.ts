import { serve } from "../serve";
import { KubernetesPlugin } from "./provider";

serve(new KubernetesPlugin());
