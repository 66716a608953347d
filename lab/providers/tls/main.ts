import { serve } from "../serve";
import { tls } from "./tls";

serve(tls);
